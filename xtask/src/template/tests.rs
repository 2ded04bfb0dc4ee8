use gateway::{Permission, Trigger};

use super::rows::{Cause, Gate};
use super::*;

const BASE: &str = "# for readers of the base\nAWSTemplateFormatVersion: '2010-09-09'\nResources:\n  Own: {Type: AWS::SQS::Queue}\n\n  # @functions\n\nOutputs: {}\n";

fn route(handler: &'static str, method: &str, paths: &[&str], gate: Gate) -> Row {
    let paths = paths.iter().map(ToString::to_string).collect();
    let cause = Cause::Http { method: method.into(), paths, gate };
    Row { handler, summary: "Does it", cause, permissions: &[Permission::ReadControl] }
}

fn worker(handler: &'static str, trigger: Trigger) -> Row {
    Row {
        handler,
        summary: "Works",
        cause: Cause::Trigger(trigger),
        permissions: &[Permission::ManageSchedules, Permission::ManageSchedules],
    }
}

fn check(rows: &[Row], expected: &[&str]) -> String {
    let text = assemble(BASE, rows).unwrap();
    for part in expected {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    text
}

#[test]
fn the_base_goes_around_the_functions() {
    let text = check(&[], &["# GENERATED", "Own: {Type", "DeliveriesDlqAlarm:", "Outputs: {}"]);
    assert!(!text.contains("for readers of the base") && !text.contains(MARKER));
}

#[test]
fn a_public_route_has_no_authorizer() {
    let text = check(
        &[route("tsps.list", "GET", &["/v2/orgs/tsps"], Gate::Open)],
        &["Path: /v2/orgs/tsps\n            Auth: {Authorizer: NONE}"],
    );
    assert!(text.contains("TspsListFunction:") && text.contains("FunctionName: !Sub '${AWS::StackName}-tsps-list'"));
}

#[test]
fn a_second_spelling_is_a_second_route() {
    let row = route("share_agreements.list", "GET", &["/v2/share-agreements", "/v2/share_agreements"], Gate::Token);
    let text = check(&[row], &["Route:", "OtherSpelling:", "ShareAgreementsListRole:"]);
    assert!(!text.contains("NONE"));
}

#[test]
fn workers_get_their_triggers_and_what_reading_them_takes() {
    let rows = [
        worker("executions.run", Trigger::Scheduler),
        worker("deliveries.send", Trigger::Queue("DeliveriesQueue")),
        worker("events.fan_out", Trigger::Streams(&["ControlTable", "TelematicsTable"])),
    ];
    let text = check(
        &rows,
        &[
            "Destination: !GetAtt ScheduleDlq.Arn",
            "Timeout: 120",
            "Queue: !GetAtt DeliveriesQueue.Arn",
            "sqs:ReceiveMessage",
            "Stream: !GetAtt TelematicsTable.StreamArn",
            "dynamodb:GetRecords",
            "EventsFanOutLagAlarm:",
        ],
    );
    assert_eq!(text.matches("Sid: ManageSchedules").count(), rows.len(), "a permission named twice is written once");
}

#[test]
fn resources_are_counted_as_sam_makes_them() {
    let none = resources(&assemble(BASE, &[]).unwrap()).unwrap();
    let one = resources(&assemble(BASE, &[route("a.b", "GET", &["/x", "/y"], Gate::Open)]).unwrap()).unwrap();
    assert_eq!(one - none, 6, "function, role, log group, alarm, and a permission per route");
}

#[test]
fn no_permission_opens_everything() {
    use Permission::*;
    let all = [
        ReadControl,
        WriteControl,
        ReadTelematics,
        WriteTelematics,
        Seal,
        Open,
        SignTokens,
        VerifyTokens,
        SendDeliveries,
        SendExecutions,
        ManageSchedules,
    ];
    for statement in all.into_iter().flat_map(policies::of) {
        assert!(
            !statement.resources.is_empty() && statement.resources.iter().all(|resource| resource.len() > 10),
            "{}",
            statement.sid
        );
        assert!(statement.actions.iter().all(|action| !action.contains('*')), "{}", statement.sid);
    }
}
