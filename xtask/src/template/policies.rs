//! The IAM statements of each permission: exact actions on exact resources. Nothing here may name `*` alone.

use gateway::{Permission, Secrets, Trigger};

/// One statement of a role's policy.
pub(super) struct Statement {
    pub(super) sid: &'static str,
    pub(super) actions: &'static [&'static str],
    /// YAML expressions.
    pub(super) resources: Vec<String>,
    /// A YAML mapping.
    pub(super) condition: Option<&'static str>,
}

fn statement(sid: &'static str, actions: &'static [&'static str], resources: &[&str]) -> Statement {
    Statement { sid, actions, resources: resources.iter().map(ToString::to_string).collect(), condition: None }
}

const CONTROL: &[&str] = &["!Ref ControlTableArn"];
// `index/*` is every index of this one table.
const CONTROL_AND_INDEXES: &[&str] = &["!Ref ControlTableArn", "!Sub '${ControlTableArn}/index/*'"];
const TELEMATICS: &[&str] = &["!Ref TelematicsTableArn"];
const TELEMATICS_AND_INDEX: &[&str] = &["!Ref TelematicsTableArn", "!Sub '${TelematicsTableArn}/index/by_time'"];
const CREDENTIALS: &[&str] = &["!Ref CredentialsKeyArn"];
// While there is one key, both name it.
const TOKENS: &[&str] = &["!Ref TokenKeyArn", "!Ref SecondTokenKeyArn"];
// Schedules are created at run time; `*` stands for their names within the group of the stack.
const SCHEDULES: &[&str] =
    &["!Sub 'arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule/${ScheduleGroup}/*'"];

const SCHEDULE_GROUP: &[&str] =
    &["!Sub 'arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule-group/${ScheduleGroup}'"];

const READ: &[&str] = &["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"];
const WRITE: &[&str] =
    &["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem"];
const SEAL: &[&str] = &["kms:GenerateDataKey"];
const OPEN: &[&str] = &["kms:Decrypt"];
const SCHEDULE: &[&str] =
    &["scheduler:CreateSchedule", "scheduler:UpdateSchedule", "scheduler:DeleteSchedule", "scheduler:GetSchedule"];

/// The only wildcard resource, with its reason.
pub(super) const ANY_TRACE: &str = "'*' # X-Ray has no resources that a policy could name";

/// The statements of a permission.
pub(super) fn of(permission: Permission) -> Vec<Statement> {
    match permission {
        Permission::ReadControl => vec![statement("ReadControl", READ, CONTROL_AND_INDEXES)],
        Permission::WriteControl => vec![statement("WriteControl", WRITE, CONTROL)],
        Permission::CountRequests => vec![Statement {
            condition: Some("{'ForAllValues:StringLike': {'dynamodb:LeadingKeys': ['LIMIT#*']}}"),
            ..statement("CountRequests", &["dynamodb:UpdateItem"], CONTROL)
        }],
        Permission::ReadTelematics => vec![statement("ReadTelematics", READ, TELEMATICS_AND_INDEX)],
        Permission::WriteTelematics => vec![statement("WriteTelematics", WRITE, TELEMATICS)],
        Permission::Seal(secrets) => vec![of_secrets(secrets, ["SealPlatform", "SealCredentials", "SealWebhooks"], SEAL)],
        Permission::Open(secrets) => vec![of_secrets(secrets, ["OpenPlatform", "OpenCredentials", "OpenWebhooks"], OPEN)],
        // The key id in a token's header is derived from the public key; how old keys are says which one signs.
        Permission::SignTokens => vec![statement("SignTokens", &["kms:Sign", "kms:GetPublicKey", "kms:DescribeKey"], TOKENS)],
        Permission::VerifyTokens => vec![statement("VerifyTokens", &["kms:GetPublicKey"], TOKENS)],
        Permission::SendDeliveries => vec![statement("SendDeliveries", &["sqs:SendMessage"], &["!Ref DeliveriesQueueArn"])],
        Permission::SendExecutions => vec![statement("SendExecutions", &["sqs:SendMessage"], &["!Ref ExecutionsQueueArn"])],
        Permission::SendWrites => vec![statement("SendWrites", &["sqs:SendMessage"], &["!Ref WritesQueueArn"])],
        Permission::ManageSchedules => vec![
            statement("ManageSchedules", SCHEDULE, SCHEDULES),
            statement("ReplaceScheduleGroup", &["scheduler:CreateScheduleGroup"], SCHEDULE_GROUP),
            pass_role(),
        ],
    }
}

/// Only in encryption contexts of these secrets. A pattern that matches everything demands that the context has the name.
fn of_secrets(secrets: Secrets, sids: [&'static str; 3], actions: &'static [&'static str]) -> Statement {
    let [platform, credentials, webhooks] = sids;
    let (sid, condition) = match secrets {
        Secrets::Platform => (platform, "{StringEquals: {'kms:EncryptionContext:purpose': platform}}"),
        Secrets::Credentials => (credentials, "{StringLike: {'kms:EncryptionContext:tsp': '*'}}"),
        Secrets::Webhooks => (webhooks, "{StringLike: {'kms:EncryptionContext:webhook_id': '*'}}"),
    };
    Statement { condition: Some(condition), ..statement(sid, actions, CREDENTIALS) }
}

/// The queue that a permission sends to.
pub(super) fn queue_of(permission: Permission) -> Option<&'static str> {
    match permission {
        Permission::SendDeliveries => Some("DeliveriesQueue"),
        Permission::SendExecutions => Some("ExecutionsQueue"),
        Permission::SendWrites => Some("WritesQueue"),
        _ => None,
    }
}

fn pass_role() -> Statement {
    let condition = Some("{StringEquals: {iam:PassedToService: scheduler.amazonaws.com}}");
    Statement { condition, ..statement("PassScheduleRole", &["iam:PassRole"], &["!Ref ScheduleRoleArn"]) }
}

/// The statements that a trigger needs.
pub(super) fn of_trigger(trigger: Trigger) -> Vec<Statement> {
    const RECEIVE: &[&str] = &["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
    const FOLLOW: &[&str] =
        &["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"];
    const GIVE_UP: &[&str] = &["sqs:SendMessage"];
    match trigger {
        Trigger::Scheduler => vec![statement("GiveUp", GIVE_UP, &["!Ref ScheduleDlqArn"])],
        Trigger::Rate(_) => Vec::new(),
        Trigger::Queue(queue) => vec![statement("Receive", RECEIVE, &[&format!("!Ref {queue}Arn")])],
        Trigger::Streams(streams) => {
            let resources = streams.iter().map(|stream| format!("!Ref {}Stream", stream.table)).collect();
            let follow = Statement { resources, ..statement("Follow", FOLLOW, &[]) };
            vec![
                follow,
                statement("SetAside", GIVE_UP, &["!Ref StreamFailuresDlqArn"]),
                // As Lambda asks for: https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
                statement("GiveUp", &["s3:PutObject"], &["!Sub '${StreamFailuresArn}/*'"]),
                statement("FindBucket", &["s3:ListBucket"], &["!Ref StreamFailuresArn"]),
            ]
        }
    }
}
