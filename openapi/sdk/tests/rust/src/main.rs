//! Calls the live server through openapi-generator's rust client.
#![deny(warnings)]

use std::collections::HashSet;
use std::env;
use std::fmt::{Debug, Display};
use std::future::Future;
use std::process::ExitCode;

use thaw::apis::configuration::Configuration;
use thaw::apis::passages_api::{get_passage, GetPassageParams};
use thaw::apis::search_api::{
    search_passages, search_passages_privately, SearchPassagesError, SearchPassagesParams, SearchPassagesPrivatelyParams,
};
use thaw::apis::topics_api::{get_topic, list_topics, GetTopicError, GetTopicParams, ListTopicsParams};
use thaw::apis::Error;
use thaw::models::{Advisory, FacetName, FieldLocation, Passage, Problem, SearchRequest, SearchResults, Topic};

type Check = Result<(), String>;

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set"))
}

fn number(name: &str) -> usize {
    variable(name).parse().expect("a number")
}

fn expect<T: PartialEq + Debug>(what: T, wanted: T) -> Check {
    holds(what == wanted, &format!("{what:?} rather than {wanted:?}"))
}

fn holds(condition: bool, what: &str) -> Check {
    if condition {
        Ok(())
    } else {
        Err(format!("not so: {what}"))
    }
}

fn why<E: Display>(error: E) -> String {
    error.to_string()
}

struct Client {
    configuration: Configuration,
}

impl Client {
    fn new(url: &str) -> Self {
        let configuration = Configuration { base_path: variable(url), ..Configuration::default() };
        Self { configuration }
    }

    async fn search(&self, params: SearchPassagesParams) -> Result<SearchResults, Error<SearchPassagesError>> {
        search_passages(&self.configuration, params).await
    }

    async fn find(&self) -> Result<SearchResults, String> {
        let params = SearchPassagesParams {
            symptom: Some(symptoms()),
            advisory_not: Some(vec![Advisory::Trauma, Advisory::SelfHarm]),
            limit: Some(5),
            ..nothing()
        };
        self.search(params).await.map_err(why)
    }

    async fn topic(&self, topic_id: &str, etag: Option<String>) -> Result<Topic, Error<GetTopicError>> {
        let params = GetTopicParams { topic_id: topic_id.to_owned(), if_none_match: etag };
        get_topic(&self.configuration, params).await
    }

    async fn passage(&self, name: &str) -> Result<Passage, String> {
        let params = GetPassageParams { passage_id: variable(name), revision: None, if_none_match: None };
        get_passage(&self.configuration, params).await.map_err(why)
    }

    async fn missing_topic(&self) -> Result<Problem, String> {
        match self.topic("no-such-topic", None).await {
            // An untagged enum: serde takes the first variant that fits, whatever the status.
            Err(Error::ResponseError(failure)) => match failure.entity {
                Some(GetTopicError::Status400(problem) | GetTopicError::Status404(problem)) => Ok(problem),
                other => Err(format!("{other:?} rather than a Problem")),
            },
            other => Err(format!("no error: {other:?}")),
        }
    }
}

fn symptoms() -> Vec<String> {
    vec![variable("THAW_SYMPTOM_A"), variable("THAW_SYMPTOM_B")]
}

fn nothing() -> SearchPassagesParams {
    SearchPassagesParams {
        q: None,
        symptom: None,
        cause: None,
        condition: None,
        treatment: None,
        strategy: None,
        mechanism: None,
        effect: None,
        topic: None,
        document: None,
        language: None,
        advisory_not: None,
        country: None,
        limit: None,
        cursor: None,
        interpret: None,
        explain: None,
    }
}

async fn checked_get_search(client: &Client) -> Check {
    let found = client.find().await?;
    expect(usize::try_from(found.total).map_err(why)?, number("THAW_TOTAL"))?;
    expect(found.items.len(), 5)?;
    // That it is one of the enum's values is what the type says: anything else would not have been read.
    holds(found.facets.iter().any(|facet| facet.facet == FacetName::Symptom), "a facet known")
}

async fn checked_post_search(client: &Client) -> Check {
    let search_request = SearchRequest {
        symptom: Some(symptoms()),
        advisory_not: Some(vec![Advisory::Trauma, Advisory::SelfHarm]),
        limit: Some(5),
        ..SearchRequest::default()
    };
    let params = SearchPassagesPrivatelyParams { search_request };
    let found = search_passages_privately(&client.configuration, params).await.map_err(why)?;
    expect(usize::try_from(found.total).map_err(why)?, number("THAW_TOTAL"))?;
    expect(&found.items[0].passage.id, &client.find().await?.items[0].passage.id)
}

async fn checked_paging(client: &Client) -> Check {
    let mut ids = Vec::new();
    let mut cursor = None;
    loop {
        let params = ListTopicsParams { facet: None, limit: Some(50), cursor, if_none_match: None };
        let page = list_topics(&client.configuration, params).await.map_err(why)?;
        ids.extend(page.items.into_iter().map(|topic| topic.id));
        cursor = page.next_cursor;
        if cursor.is_none() {
            expect(ids.len(), usize::try_from(page.total).map_err(why)?)?;
            return expect(ids.iter().collect::<HashSet<_>>().len(), number("THAW_TOPICS"));
        }
    }
}

async fn checked_topic(client: &Client) -> Check {
    let found = client.topic(&variable("THAW_SYMPTOM_A"), None).await.map_err(why)?;
    expect(&found.id, &variable("THAW_SYMPTOM_A"))?;
    holds(found.facets.contains(&FacetName::Symptom), "a symptom")?;
    holds(found.passage_counts["symptom"] > 0, "passages")
}

async fn checked_passage(client: &Client) -> Check {
    let found = client.passage("THAW_FIRST").await?;
    expect(&found.id, &variable("THAW_FIRST"))?;
    holds(!found.markdown.is_empty(), "markdown")?;
    holds(found.source_span.end > found.source_span.start, "a span")?;
    holds(!found.attribution.license.id.is_empty(), "a licence")?;
    expect(found.first_published_on.to_string().len(), "2026-01-01".len())
}

async fn checked_not_modified(client: &Client) -> Check {
    // The generated functions give no headers; the ETag comes through the HTTP client that they use.
    let topic = variable("THAW_SYMPTOM_A");
    let address = format!("{}/v1/topics/{topic}", client.configuration.base_path);
    let answer = client.configuration.client.get(address).send().await.map_err(why)?;
    let etag = answer.headers()["etag"].to_str().map_err(why)?.to_owned();
    client.topic(&topic, Some("\"another\"".to_owned())).await.map_err(why)?;
    match client.topic(&topic, Some(etag)).await {
        // A 304 has no body to read, and that is how it shows.
        Err(Error::Serde(_)) => Ok(()),
        other => Err(format!("{other:?}").chars().take(200).collect()),
    }
}

async fn checked_problem_400(client: &Client) -> Check {
    let params = SearchPassagesParams { symptom: Some(vec!["no-such-topic".to_owned()]), ..nothing() };
    match client.search(params).await {
        Err(Error::ResponseError(failure)) => match failure.entity {
            Some(SearchPassagesError::Status400(problem)) => {
                expect(problem.status, 400)?;
                holds(!problem.errors.is_empty(), "an error")?;
                expect(problem.errors[0].field.as_str(), "symptom")?;
                expect(problem.errors[0].location, FieldLocation::Query)
            }
            other => Err(format!("{other:?} rather than a Problem")),
        },
        other => Err(format!("no error: {other:?}")),
    }
}

async fn checked_problem_404(client: &Client) -> Check {
    let found = client.missing_topic().await?;
    expect(found.status, 404)?;
    expect(found.r#type.as_str(), "/problems/not-found")?;
    expect(found.errors.len(), 0)
}

async fn checked_null_members(client: &Client) -> Check {
    expect(client.passage("THAW_FIRST").await?.previous_id, None)?;
    expect(client.passage("THAW_LAST").await?.next_id, None)?;
    let found = client.find().await?;
    holds(found.support.is_none(), "no support")?;
    holds(found.items[0].explanation.is_none(), "no explanation")?;
    expect(found.query.corrected_text, None)
}

async fn checked_non_null_members(client: &Client) -> Check {
    holds(client.passage("THAW_FIRST").await?.next_id.is_some(), "one after the first")?;
    let params = SearchPassagesParams {
        q: Some(variable("THAW_MISSPELT")),
        explain: Some(true),
        limit: Some(1),
        ..nothing()
    };
    let found = client.search(params).await.map_err(why)?;
    holds(found.query.corrected_text.is_some(), "a correction")?;
    let explanation = found.items[0].explanation.as_ref().ok_or("no explanation")?;
    holds(explanation.contributions[0].share > 0.0, "a share")
}

async fn checked_added_members(grown: &Client) -> Check {
    holds(!grown.find().await?.items[0].passage.tags.is_empty(), "tags")?;
    let topic = variable("THAW_SYMPTOM_A");
    expect(grown.topic(&topic, None).await.map_err(why)?.id, topic)?;
    expect(grown.passage("THAW_FIRST").await?.id, variable("THAW_FIRST"))?;
    expect(grown.missing_topic().await?.status, 404)
}

async fn report(name: &str, check: impl Future<Output = Check>) -> bool {
    match check.await {
        Ok(()) => println!("ok {name}"),
        Err(why) => {
            println!("not ok {name}: {}", why.replace('\n', " ").chars().take(300).collect::<String>());
            return false;
        }
    }
    true
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let client = Client::new("THAW_URL");
    let grown = Client::new("THAW_GROWN_URL");
    let passed = [
        report("get_search", checked_get_search(&client)).await,
        report("post_search", checked_post_search(&client)).await,
        report("paging", checked_paging(&client)).await,
        report("topic", checked_topic(&client)).await,
        report("passage", checked_passage(&client)).await,
        report("not_modified", checked_not_modified(&client)).await,
        report("problem_400", checked_problem_400(&client)).await,
        report("problem_404", checked_problem_404(&client)).await,
        report("null_members", checked_null_members(&client)).await,
        report("non_null_members", checked_non_null_members(&client)).await,
        report("added_members", checked_added_members(&grown)).await,
    ];
    if passed.iter().all(|it| *it) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
