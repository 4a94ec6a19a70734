//! The API's description against the API itself, both ways.

use crate::raw;
use crate::support::TestServer;
use backend::router;
use serde::Deserialize;
use shared::api::{Access, ENDPOINTS, Method};
use std::collections::{BTreeMap, BTreeSet};

/// A response or a schema.
#[derive(Debug, Deserialize)]
struct Described {
    description: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Document {
    openapi: String,
    paths: BTreeMap<String, BTreeMap<String, Operation>>,
    components: Components,
}

#[derive(Debug, Deserialize)]
struct Operation {
    #[serde(rename = "operationId")]
    id: String,
    summary: String,
    #[serde(default)]
    parameters: Vec<Parameter>,
    responses: BTreeMap<String, Described>,
}

#[derive(Debug, Deserialize)]
struct Parameter {
    name: String,
    r#in: String,
    schema: Of,
}

#[derive(Debug, Deserialize)]
struct Of {
    title: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Components {
    schemas: BTreeMap<String, Described>,
}

async fn text(server: &TestServer) -> String {
    let answer = raw::request(server.address, "GET /api/v1/openapi.json", &[], "").await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    answer.body().to_owned()
}

fn verb(method: Method) -> &'static str {
    match method {
        Method::Get => "get",
        Method::Post => "post",
        Method::Patch => "patch",
        Method::Delete => "delete",
    }
}

#[tokio::test]
async fn the_description_names_every_route_and_no_other() {
    let server = TestServer::start().await;
    let document: Document = serde_json::from_str(&text(&server).await).unwrap();
    assert_eq!(document.openapi, "3.1.0");
    let described: BTreeSet<_> = document
        .paths
        .iter()
        .flat_map(|(path, verbs)| verbs.keys().map(move |verb| (verb.clone(), path.clone())))
        .collect();
    let routed: BTreeSet<_> = router::routes()
        .into_iter()
        .map(|(method, path)| (verb(method).to_owned(), path.to_owned()))
        .collect();
    assert_eq!(described, routed);
    let listed = ENDPOINTS.iter().map(|row| (verb(row.method).to_owned(), row.route.to_owned()));
    let missing: Vec<_> = listed.filter(|row| !routed.contains(row)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test]
async fn every_endpoint_of_the_table_answers() {
    let server = TestServer::start().await;
    for row in ENDPOINTS {
        let path = row.route.replace(['{', '}'], "");
        let line = format!("{} {path}", verb(row.method).to_uppercase());
        let status = raw::request(server.address, &line, &[], "").await.status();
        match row.access {
            Access::SignedIn | Access::Administrator => assert_eq!(status, 401, "{line}"),
            Access::Anyone => assert!(matches!(status, 200 | 415), "{line}: {status}"),
        }
    }
}

#[tokio::test]
async fn every_reference_leads_somewhere_and_every_operation_is_told() {
    let server = TestServer::start().await;
    let text = text(&server).await;
    let document: Document = serde_json::from_str(&text).unwrap();
    let references: BTreeSet<_> = text
        .split("\"$ref\":\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .map(|reference| reference.strip_prefix("#/components/schemas/").unwrap().to_owned())
        .collect();
    assert!(references.len() > 20, "{references:?}");
    for reference in references {
        assert!(document.components.schemas.contains_key(&reference), "{reference}");
    }
    let mut names = BTreeSet::new();
    for (path, operation) in
        document.paths.iter().flat_map(|(path, verbs)| verbs.values().map(move |one| (path, one)))
    {
        assert!(names.insert(operation.id.clone()), "{path}: twice");
        assert!(operation.summary.ends_with('.'), "{path}: {}", operation.summary);
        assert!(!operation.responses.is_empty());
        assert!(operation.responses.values().all(|response| response.description.is_some()));
        let in_path: Vec<_> =
            operation.parameters.iter().filter(|parameter| parameter.r#in == "path").collect();
        assert_eq!(in_path.len(), path.matches('{').count(), "{path}");
        assert!(in_path.iter().all(|parameter| path.contains(&format!("{{{}}}", parameter.name))));
    }
    let messages = &document.paths["/api/v1/rooms/{room}/messages"]["get"];
    let names: BTreeSet<_> =
        messages.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    assert_eq!(names, BTreeSet::from(["after", "before", "limit", "room"]));
    for (path, name, title) in [
        ("/api/v1/rooms/{room}/messages/{message}", "message", "MessageId"),
        ("/api/v1/rooms/{room}/messages/{message}", "room", "RoomId"),
        ("/api/v1/rooms/{room}/threads/{root}/history", "root", "Seq"),
    ] {
        let parameters = &document.paths[path]["get"].parameters;
        let parameter = parameters.iter().find(|parameter| parameter.name == name).unwrap();
        assert_eq!(parameter.schema.title.as_deref(), Some(title), "{path}");
    }
}
