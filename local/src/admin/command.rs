//! The command line of `catena admin`.

use anyhow::Context as _;
use bootstrap::timers::Remedy;
use clap::{Args, Subcommand};
use model::Timestamp;
use model::tsp::{Tsp, TspStatus};
use serde_json::json;
use store::Store;

use super::partners::{self, CreatedClient, NewPartner};
use super::replay::Replayed;
use super::report::Report;
use super::{aside, embed_keys, erase, renormalise, sign_in, timers};

/// Options of the administration.
#[derive(Clone, Debug, Args)]
pub struct AdminArgs {
    /// Name of the control table: the stack's output `ControlTableName`. Credentials, region and endpoint are taken
    /// from the environment, as by every AWS tool.
    #[arg(long, env = "CONTROL_TABLE", global = true)]
    control_table: Option<String>,
    /// Print one JSON object instead of lines.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    task: Task,
}

#[derive(Clone, Debug, Subcommand)]
enum Task {
    #[command(flatten)]
    Table(TableTask),
    /// Hand stream records that were given up to their functions again. Needs the AWS CLI.
    ReplayStream {
        /// The stack: its functions' names begin with it.
        #[arg(long, default_value = "catena")]
        stack: String,
        /// The URL of the stack's StreamFailuresDlq.
        #[arg(long)]
        queue: String,
    },
    /// Compare schedules with their timers in EventBridge Scheduler. SCHEDULE_GROUP, SCHEDULE_TARGET_ARN, SCHEDULE_ROLE_ARN and
    /// SCHEDULE_DLQ_ARN are those of the functions.
    Timers {
        /// Make missing timers anew, and their group, and change those that differ.
        #[arg(long)]
        repair: bool,
    },
    /// Show what a connection's TSP sent that is not stored as data (with --json, the raw rows too), or map it again.
    SetAside(aside::Task),
    /// Map the stored sources of a connection's resource again, and write the rows that are other ones now.
    Renormalise(renormalise::Task),
    /// Remove all that is stored of a fleet: its records, connections, credentials, agreements, and messages about it. Repeating it
    /// goes on where it was interrupted, and removes what came since.
    Erase {
        /// The fleet's id.
        #[arg(long)]
        fleet: String,
        /// Name of the telematics table: the stack's output `TelematicsTableName`.
        #[arg(long, env = "TELEMATICS_TABLE")]
        telematics_table: String,
    },
}

/// What is done in the control table.
#[derive(Clone, Debug, Subcommand)]
enum TableTask {
    /// Add the known TSPs that are missing in the table.
    Catalogue,
    /// TSPs: where their APIs live.
    #[command(subcommand)]
    Tsp(TspTask),
    /// Partners.
    #[command(subcommand)]
    Partner(PartnerTask),
    /// Machine clients of partners, and of the platform's administrators.
    #[command(subcommand)]
    Client(ClientTask),
    /// Keys with which partners show Connect in pages of their own.
    #[command(subcommand)]
    EmbedKey(embed_keys::Task),
}

#[derive(Clone, Debug, Subcommand)]
enum TspTask {
    /// Show every TSP, with the URL that its API is asked at.
    List,
    /// Set that URL. It stays set, whatever is started or added later.
    Set {
        /// The TSP.
        #[arg(long)]
        slug: String,
        /// Such as https://api.eu.samsara.com; plain http for addresses of this machine only.
        #[arg(long)]
        base_url: String,
    },
    /// Let its customers sign in there, by the application that is registered for this platform. The application's secret is read from
    /// SIGN_IN_SECRET, or else from standard input.
    SignIn {
        /// The TSP.
        #[arg(long)]
        slug: String,
        /// The application's client id.
        #[arg(long)]
        client_id: String,
        /// The key that wraps credentials: the stack's output `CredentialsKeyArn`.
        #[arg(long, env = "CREDENTIALS_KEY")]
        credentials_key: String,
    },
    /// Let nobody sign in there any more. Accounts that were connected so need new credentials when their tokens run out.
    NoSignIn {
        /// The TSP.
        #[arg(long)]
        slug: String,
    },
    /// Ask it where the catalogue says, again.
    Reset {
        /// The TSP.
        #[arg(long)]
        slug: String,
    },
}

#[derive(Clone, Debug, Subcommand)]
enum PartnerTask {
    /// Create a partner and its first client, and show the client's secret once. Repeating it changes nothing.
    Create {
        /// Name shown to fleets.
        #[arg(long)]
        name: String,
        /// Short name, from which the partner's id is derived; derived from the name by default.
        #[arg(long)]
        slug: Option<String>,
        /// Why it wants the data, shown on the consent page.
        #[arg(long)]
        purpose: Option<String>,
        /// Logo shown to fleets; https.
        #[arg(long)]
        logo_url: Option<String>,
    },
}

#[derive(Clone, Debug, Subcommand)]
enum ClientTask {
    /// Create another client of a partner, or one of the platform's administrators, and show its secret once.
    Create {
        /// The partner's slug.
        #[arg(long, required_unless_present = "platform_admin", conflicts_with = "platform_admin")]
        partner: Option<String>,
        /// For an administrator of the platform: partners, providers, schedules and backfills, and nothing that fleets share.
        #[arg(long)]
        platform_admin: bool,
        /// The id of the new client.
        #[arg(long)]
        client_id: String,
    },
    /// Replace a client's secret immediately, and show the new one once.
    Rotate {
        /// The client.
        #[arg(long)]
        client_id: String,
    },
    /// Delete a client.
    Revoke {
        /// The client.
        #[arg(long)]
        client_id: String,
    },
}

impl AdminArgs {
    /// Executes the task and prints the result.
    ///
    /// # Errors
    /// If the table is unavailable, or the task conflicts with its contents.
    pub async fn run(self) -> anyhow::Result<()> {
        let aws = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
        let table = self.control_table.context("missing --control-table");
        let told = match self.task {
            Task::Table(TableTask::Tsp(TspTask::SignIn { slug, client_id, credentials_key })) => {
                let secret = sign_in::secret()?;
                let context = sign_in::context(aws, &table?, credentials_key);
                tsp_report(&[sign_in::set(&context, &slug, &client_id, &secret).await?])
            }
            Task::Table(task) => {
                // The telematics table is not used, so it has no name here.
                task.run(&Store::from_config(&aws, &table?, "")).await?
            }
            Task::Timers { repair } => {
                let remedy = if repair { Remedy::Repair } else { Remedy::List };
                timers::report(&timers::examine(aws, &table?, remedy).await?, remedy)
            }
            Task::Erase { fleet, telematics_table } => {
                let fleet = fleet.parse().context("--fleet is not an id")?;
                let store = Store::from_config(&aws, &table?, &telematics_table);
                erase::report(fleet, &erase::erase(&store, fleet).await?)
            }
            Task::SetAside(task) => {
                // What is only listed lies in the control table.
                let telematics_table = task.telematics_table.clone().unwrap_or_default();
                task.run(&Store::from_config(&aws, &table?, &telematics_table)).await?
            }
            Task::Renormalise(task) => {
                let store = Store::from_config(&aws, &table?, &task.telematics_table);
                task.run(&store).await?
            }
            Task::ReplayStream { stack, queue } => {
                let sqs = aws_sdk_sqs::Client::new(&aws);
                Report::replayed(&super::replay_stream(&sqs, &queue, &stack, &super::AwsCli::default()).await?)
            }
        };
        println!("{}", if self.json { told.json.to_string() } else { told.lines });
        Ok(())
    }
}

impl TableTask {
    async fn run(self, store: &Store) -> anyhow::Result<Report> {
        Ok(match self {
            Self::Catalogue => {
                let added = super::add_catalogue(store, Timestamp::system()).await?;
                Report { lines: format!("added {}", added.join(", ")), json: json!({ "added": added }) }
            }
            Self::Tsp(task) => tsp(store, task).await?,
            Self::Partner(PartnerTask::Create { name, slug, purpose, logo_url }) => {
                let slug = slug.unwrap_or_else(|| partners::slug(&name));
                let new = NewPartner { name, slug, purpose, logo_url };
                Report::of(&partners::create_partner(store, new, Timestamp::system()).await?)
            }
            Self::Client(ClientTask::Create { partner, client_id, .. }) => Report::of(&match partner {
                Some(partner) => partners::create_client(store, &partner, &client_id).await?,
                None => partners::create_admin(store, &client_id).await?,
            }),
            Self::Client(ClientTask::Rotate { client_id }) => Report::of(&partners::rotate_client(store, &client_id).await?),
            Self::Client(ClientTask::Revoke { client_id }) => {
                partners::revoke_client(store, &client_id).await?;
                Report { lines: format!("deleted {client_id}"), json: json!({ "client_id": client_id }) }
            }
            Self::EmbedKey(task) => task.run(store, Timestamp::system()).await?,
        })
    }
}

async fn tsp(store: &Store, task: TspTask) -> anyhow::Result<Report> {
    let now = Timestamp::system();
    let tsps = match task {
        TspTask::List => store.tsps().await?,
        TspTask::Set { slug, base_url } => vec![super::set_base_url(store, &slug, &base_url, now).await?],
        TspTask::Reset { slug } => vec![super::reset_base_url(store, &slug, now).await?],
        TspTask::NoSignIn { slug } => vec![sign_in::remove(store, &slug).await?],
        TspTask::SignIn { .. } => anyhow::bail!("a sign-in is set with the key of credentials"),
    };
    Ok(tsp_report(&tsps))
}

fn tsp_report(tsps: &[Tsp]) -> Report {
    let lines: Vec<String> = tsps.iter().map(tsp_line).collect();
    let json = tsps.iter().map(
        |tsp| json!({ "slug": tsp.slug, "status": tsp.status, "base_url": tsp.base_url, "base_url_is_set": tsp.base_url_is_set }),
    );
    Report { lines: lines.join("\n"), json: json!({ "tsps": json.collect::<Vec<_>>() }) }
}

fn tsp_line(tsp: &Tsp) -> String {
    let base = tsp.base_url.as_deref().unwrap_or("(its usual address)");
    let status = if tsp.status == TspStatus::Active { "active" } else { "inactive" };
    let by = if tsp.base_url_is_set { "  set by an operator" } else { "" };
    format!("{:<12} {status:<9} {base}{by}", tsp.slug)
}

impl Report {
    fn replayed(done: &Replayed) -> Self {
        let stay = done.failures.iter().map(|failure| format!("\nstays in the queue: {failure}")).collect::<String>();
        let json = json!({ "records": done.records, "failures": done.failures });
        Self { lines: format!("replayed {} records{stay}", done.records), json }
    }

    fn of(created: &CreatedClient) -> Self {
        Self { lines: lines(created), json: json!(created) }
    }
}

fn lines(created: &CreatedClient) -> String {
    let CreatedClient { partner_id, client_id, client_secret } = created;
    let secret = client_secret.as_deref().unwrap_or("(exists already; `admin client rotate` creates a new secret)");
    let holder = partner_id.map_or_else(|| "administrator".to_owned(), |id| format!("partner id     {id}"));
    format!("{holder}\nclient id      {client_id}\nclient secret  {secret}")
}
