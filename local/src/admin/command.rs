//! The command line of `catena admin`.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use model::Timestamp;
use serde_json::json;
use store::Store;

use super::partners::{self, Made, NewPartner};

/// Options of the administration.
#[derive(Clone, Debug, Args)]
pub struct AdminArgs {
    /// Name of the control table: the stack's output `ControlTableName`. Credentials, region and endpoint are the
    /// environment's, as for every AWS tool.
    #[arg(long, env = "CONTROL_TABLE", global = true)]
    control_table: Option<String>,
    /// One JSON object instead of lines.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    task: Task,
}

#[derive(Clone, Debug, Subcommand)]
enum Task {
    /// Add the TSPs that we know and the table lacks.
    Catalogue,
    /// Partners.
    #[command(subcommand)]
    Partner(PartnerTask),
    /// Machine clients of partners.
    #[command(subcommand)]
    Client(ClientTask),
}

#[derive(Clone, Debug, Subcommand)]
enum PartnerTask {
    /// Make a partner and its first client, and show the client's secret once. A second time changes nothing.
    Create {
        /// Name shown to fleets.
        #[arg(long)]
        name: String,
        /// Short name, which the partner's id follows from; made of the name unless given.
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
    /// Make a further client of a partner, and show its secret once.
    Create {
        /// The partner's slug.
        #[arg(long)]
        partner: String,
        /// The id of the new client.
        #[arg(long)]
        client_id: String,
    },
    /// Replace a client's secret at once, and show the new one once.
    Rotate {
        /// The client.
        #[arg(long)]
        client_id: String,
    },
    /// End a client.
    Revoke {
        /// The client.
        #[arg(long)]
        client_id: String,
    },
}

impl AdminArgs {
    /// Does it, and prints what came of it.
    ///
    /// # Errors
    /// If the table cannot be reached, or the task does not fit what is in it.
    pub async fn run(self) -> anyhow::Result<()> {
        let table = self.control_table.context("which table? Give --control-table")?;
        let aws = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
        // The telematics table has no name here: nothing of it is touched.
        let store = Store::from_config(&aws, &table, "");
        let made = match self.task {
            Task::Catalogue => {
                let added = super::add_catalogue(&store, Timestamp::system()).await?;
                println!(
                    "{}",
                    if self.json { json!({ "added": added }).to_string() } else { format!("added {}", added.join(", ")) }
                );
                return Ok(());
            }
            Task::Partner(PartnerTask::Create { name, slug, purpose, logo_url }) => {
                let slug = slug.unwrap_or_else(|| partners::slug(&name));
                partners::create_partner(&store, NewPartner { name, slug, purpose, logo_url }, Timestamp::system()).await?
            }
            Task::Client(ClientTask::Create { partner, client_id }) => {
                partners::create_client(&store, &partner, &client_id).await?
            }
            Task::Client(ClientTask::Rotate { client_id }) => partners::rotate_client(&store, &client_id).await?,
            Task::Client(ClientTask::Revoke { client_id }) => {
                partners::revoke_client(&store, &client_id).await?;
                println!(
                    "{}",
                    if self.json { json!({ "client_id": client_id }).to_string() } else { format!("ended {client_id}") }
                );
                return Ok(());
            }
        };
        println!("{}", if self.json { json!(made).to_string() } else { lines(&made) });
        Ok(())
    }
}

fn lines(made: &Made) -> String {
    let Made { partner_id, client_id, client_secret } = made;
    let secret = client_secret.as_deref().unwrap_or("(was there already; `admin client rotate` makes a new one)");
    format!("partner id     {partner_id}\nclient id      {client_id}\nclient secret  {secret}")
}
