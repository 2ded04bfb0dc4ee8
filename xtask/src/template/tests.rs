use gateway::{Permission, Repeated, Secrets, Stream, Trigger, Wanted};

use super::rows::{Cause, RouteAuth};
use super::*;

const BASE: &str = "# for readers of the base\nAWSTemplateFormatVersion: '2010-09-09'\nResources:\n  Own: {Type: AWS::SQS::Queue}\n\n  # @stacks\n\nOutputs: {}\n";

fn route(handler: &'static str, method: &str, paths: &[&str], auth: RouteAuth) -> Row {
    let paths = paths.iter().map(ToString::to_string).collect();
    let cause = Cause::Http { method: method.into(), paths, auth };
    Row { service: "orgs", handler, summary: "Does it", cause, permissions: &[Permission::ReadControl] }
}

fn worker(handler: &'static str, trigger: Trigger) -> Row {
    Row {
        service: "ingestion",
        handler,
        summary: "Works",
        cause: Cause::Trigger(trigger),
        permissions: &[Permission::ManageSchedules, Permission::ManageSchedules],
    }
}

fn check(rows: &[Row], expected: &[&str]) -> String {
    let placement = Placement::default().settled(rows).unwrap();
    let stacks = stack::all(rows, &placement).iter().map(stack::Stack::render).collect::<String>();
    let text = assemble(BASE, rows, &placement).unwrap() + &stacks;
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
    let open = check(
        &[route("tsps.list", "GET", &["/v2/orgs/tsps"], RouteAuth::None)],
        &[
            "RouteKey: GET /v2/orgs/tsps\n",
            "AuthorizationType: NONE",
            "TspsListFunction:",
            "FunctionName: !Sub '${Name}-tsps-list'",
        ],
    );
    assert!(!open.contains("!Ref Authorizer"));
    check(&[route("fleets.list", "GET", &["/v2/orgs/fleets"], RouteAuth::Jwt)], &["AuthorizerId: !Ref Authorizer"]);
}

/// The stage throttles a route by its key, and refuses keys of routes that are not there.
#[test]
fn routes_that_are_open_to_anybody_have_throttles_of_their_own() {
    let of = |service, auth| Row { service, ..route("a.b", "GET", &["/x", "/y"], auth) };
    let throttles = throttles(&[of("auth", RouteAuth::None), of("orgs", RouteAuth::None), of("telematics", RouteAuth::Jwt)]);
    assert_eq!(throttles.lines().count(), 4, "{throttles}");
    assert!(throttles.starts_with("        'GET /x': {ThrottlingRateLimit: !Ref OpenRequestsPerSecond,"), "{throttles}");
    for open in rows::all().iter().filter(|row| OPEN.contains(&row.service)) {
        assert!(matches!(&open.cause, Cause::Http { auth: RouteAuth::None, .. }), "{} needs the authorizer", open.handler);
    }
}

#[test]
fn a_second_spelling_is_a_second_route_under_one_permission() {
    let paths = ["/v2/orgs/share-agreements/{id}/pause", "/v2/orgs/share_agreements/{id}/pause"];
    check(
        &[route("share_agreements.pause", "POST", &paths, RouteAuth::Jwt)],
        &["ShareAgreementsPauseRoute:", "ShareAgreementsPauseOtherRoute:", "${HttpApi}/*/POST/v2/orgs/share?agreements/*/pause'"],
    );
}

#[test]
fn what_can_be_read_can_be_asked_for_its_head() {
    let paths = ["/v2/orgs/share-agreements", "/v2/orgs/share_agreements"];
    let text = check(
        &[route("share_agreements.list", "GET", &paths, RouteAuth::Jwt)],
        &[
            "ShareAgreementsListHeadRoute:",
            "RouteKey: HEAD /v2/orgs/share-agreements\n",
            "ShareAgreementsListHeadOtherRoute:",
            "RouteKey: HEAD /v2/orgs/share_agreements\n",
            "${HttpApi}/*/HEAD/v2/orgs/share?agreements'",
        ],
    );
    assert_eq!(text.matches("AuthorizerId: !Ref Authorizer").count(), 4);
    assert!(!check(&[route("fleets.create", "POST", &["/v2/orgs/fleets"], RouteAuth::Jwt)], &[]).contains("HEAD"));
}

#[test]
fn the_default_route_has_no_method() {
    check(
        &[route("routes.unmatched", "ANY", &["$default"], RouteAuth::None)],
        &["RouteKey: $default\n", "AuthorizationType: NONE", "${HttpApi}/*/$default'"],
    );
}

#[test]
fn a_function_that_sends_to_its_own_queue_may() {
    let row = |queue| Row { permissions: &[Permission::SendExecutions], ..worker("a.b", Trigger::Queue(queue)) };
    check(&[row("ExecutionsQueue")], &["      RecursiveLoop: Allow\n"]);
    assert!(!check(&[row("DeliveriesQueue")], &[]).contains("RecursiveLoop"));
}

/// Held against the roles as they are written: who may send to the queue that invokes it leads messages back to itself.
#[test]
fn no_loop_of_a_queue_is_taken_for_an_accident() {
    let leads_back = |text: &str, queue: &str| {
        let sends = format!("Action: [sqs:SendMessage]\n                Resource:\n                  - !Ref {queue}Arn\n");
        text.contains(&format!("            Queue: !Ref {queue}Arn\n")) && text.contains(&sends)
    };
    let mut looping = Vec::new();
    for row in rows::all() {
        let text = function::render(&row);
        let is_loop = ["DeliveriesQueue", "ExecutionsQueue", "WritesQueue"].iter().any(|queue| leads_back(&text, queue));
        assert_eq!(text.contains("      RecursiveLoop: Allow\n"), is_loop, "{}", row.handler);
        looping.extend(is_loop.then_some(row.handler));
    }
    looping.sort_unstable();
    assert_eq!(looping, ["deliveries.send", "executions.resume", "writes.send"]);
}

#[test]
fn executions_get_memory_by_what_they_need_and_concurrency_of_their_own_if_wanted() {
    let reserved =
        "      ReservedConcurrentExecutions: !If [HasReservedExecutions, !Ref ReservedExecutions, !Ref AWS::NoValue]\n";
    check(
        &[worker("a.b", Trigger::Scheduler)],
        &["      MemorySize: 256\n", reserved, "\nConditions:\n  HasReservedExecutions:"],
    );
    check(&[worker("a.b", Trigger::Rate("rate(1 minute)"))], &["      MemorySize: 128\n"]);
    assert!(!check(&[worker("a.b", Trigger::Queue("DeliveriesQueue"))], &[]).contains("MemorySize: 256"));
}

#[test]
fn a_stack_gets_what_it_asks_for_and_nothing_else() {
    let text = check(&[route("fleets.list", "GET", &["/x"], RouteAuth::Jwt)], &["TemplateURL: infra/stacks/orgs.yaml"]);
    assert!(text.contains("        ControlTableArn: !GetAtt ControlTable.Arn") && !text.contains("StreamFailuresDlqArn:"));
}

/// Files of the stacks, each with the number of its resources.
fn made(rows: &[Row]) -> Vec<(String, usize)> {
    let placement = Placement::default().settled(rows).unwrap();
    stack::all(rows, &placement).iter().map(|stack| (stack.path(), resources(&stack.render()).unwrap())).collect()
}

#[test]
fn a_large_service_gets_a_second_stack() {
    let name = |number: usize| -> &'static str { format!("a.b_{number}").leak() };
    let rows: Vec<Row> =
        (0..=placement::MAX_FUNCTIONS).map(|number| route(name(number), "GET", &["/x", "/y"], RouteAuth::None)).collect();
    let names = made(&rows);
    assert_eq!(
        names.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>(),
        ["infra/stacks/orgs.yaml", "infra/stacks/orgs-2.yaml", "infra/stacks/api.yaml"]
    );
    assert!(names.iter().all(|(_, count)| *count <= LIMIT));
}

#[test]
fn workers_get_their_triggers_and_what_reading_them_takes() {
    let rows = [
        worker("executions.run", Trigger::Scheduler),
        worker("deliveries.send", Trigger::Queue("DeliveriesQueue")),
        worker(
            "events.fan_out",
            Trigger::Streams(&[
                Stream {
                    table: "ControlTable",
                    wanted: &[Wanted::Created(&["tsp"]), Wanted::Removed(&["tsp"])],
                    repeated: Repeated::Whole,
                },
                Stream { table: "TelematicsTable", wanted: &[Wanted::WrittenUnder("C#")], repeated: Repeated::Halved },
            ]),
        ),
    ];
    let text = check(
        &rows,
        &[
            "Destination: !Ref ScheduleDlqArn",
            "Timeout: 120",
            "Queue: !Ref DeliveriesQueueArn",
            "sqs:ReceiveMessage",
            "Stream: !Ref TelematicsTableStream",
            "dynamodb:GetRecords",
            "EventsFanOutLagAlarm:",
            r#"- Pattern: '{"dynamodb":{"NewImage":{"kind":{"S":["tsp"]}}},"eventName":["INSERT"]}'"#,
            r#"- Pattern: '{"dynamodb":{"Keys":{"pk":{"S":[{"prefix":"C#"}]}}},"eventName":["INSERT","MODIFY"]}'"#,
            // Faults that pass are repeated for nearly as long as the stream keeps the record.
            "MaximumRetryAttempts: -1\n            MaximumRecordAgeInSeconds: 84600",
            "BisectBatchOnFunctionError: false",
            "BisectBatchOnFunctionError: true",
            "OnFailure: {Destination: !Ref StreamFailuresArn}",
            "s3:PutObject",
        ],
    );
    assert_eq!(text.matches("Sid: ManageSchedules").count(), rows.len(), "a permission named twice is written once");
}

#[test]
fn resources_are_counted_as_sam_makes_them() {
    let row = route("a.b", "GET", &["/x", "/y"], RouteAuth::None);
    // Function, version, alias, shift, two permissions, role, log group, two alarms; an integration and four routes.
    assert_eq!(made(&[row]), [("infra/stacks/orgs.yaml".to_owned(), 10), ("infra/stacks/api.yaml".to_owned(), 5)]);
}

/// API Gateway refuses changes of an API that arrive together, and CloudFormation makes together whatever it may.
#[test]
fn the_api_is_changed_by_one_resource_at_a_time() {
    use serde_yaml_ng::Value;
    let rows = rows::all();
    let placement = Placement::default().settled(&rows).unwrap();
    let stacks = stack::all(&rows, &placement);
    let mut changes = 0;
    for stack in &stacks {
        let document: Value = serde_yaml_ng::from_str(&stack.render()).unwrap();
        let mut last: Option<&str> = None;
        for (id, resource) in document["Resources"].as_mapping().unwrap() {
            if !resource["Type"].as_str().unwrap().starts_with("AWS::ApiGatewayV2::") {
                continue;
            }
            let target = serde_yaml_ng::to_string(&resource["Properties"]["Target"]).unwrap();
            let waits = |last: &str| resource["DependsOn"] == *last || target.contains(&format!("/${{{last}}}"));
            assert!(last.is_none_or(waits), "{id:?} of {} does not wait for {last:?}", stack.path());
            last = id.as_str();
            changes += 1;
        }
    }
    let routes = rows.iter().map(|row| row.routes().len()).sum::<usize>();
    assert!(changes > routes && routes > 100, "{changes} changes, {routes} routes");
    let [open, others] = ["api-open", "api"].map(|name| stacks.iter().find(|stack| stack.name == name).unwrap().reference());
    assert!(others.contains("Authorizer: !Ref Authorizer") && others.contains("DependsOn: [OrgsStack, "), "{others}");
    assert!(
        open.contains("DependsOn: [AuthStack, ConnectStack, RoutesStack, DocumentationStack]") && !open.contains("Authorizer"),
        "{open}"
    );
    let base = files::read("infra/base.yaml").unwrap();
    assert!(base.contains("DependsOn: [ApiOpenStack]") && base.contains("DependsOn: [HttpApiStage]"));
}

#[test]
fn no_permission_opens_everything() {
    use Permission::*;
    let all = [
        ReadControl,
        WriteControl,
        CountRequests,
        ReadTelematics,
        WriteTelematics,
        Seal(Secrets::Platform),
        Seal(Secrets::Credentials),
        Seal(Secrets::Webhooks),
        Open(Secrets::Platform),
        Open(Secrets::Credentials),
        Open(Secrets::Webhooks),
        SignTokens,
        VerifyTokens,
        SendDeliveries,
        SendExecutions,
        SendWrites,
        ManageSchedules,
    ];
    for statement in all.into_iter().flat_map(policies::of) {
        assert!(
            !statement.resources.is_empty() && statement.resources.iter().all(|resource| resource.len() > 10),
            "{}",
            statement.sid
        );
        assert!(statement.actions.iter().all(|action| !action.contains('*')), "{}", statement.sid);
        let decrypts = statement.resources == ["!Ref CredentialsKeyArn"];
        assert!(!decrypts || statement.condition.is_some_and(|condition| condition.contains("EncryptionContext")));
    }
}
