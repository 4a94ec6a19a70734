//! The API's description (`OpenAPI` 3.1), made from the same table and the same types as the API.

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator, schema_for};
use serde::Serialize;
use shared::api::{
    self, Access, COOKIE_PLAIN, COOKIE_SECURE, DOORS, Described, ENDPOINTS, Method, PollRequest,
    Polled,
};
use shared::error::Problem;
use shared::frame::{Resume, ServerFrame};
use shared::id::{MessageId, RoomId, Seq, SessionId, UserId};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The document, as JSON.
pub fn document() -> &'static str {
    static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
        serde_json::to_string(&describe()).unwrap_or_else(|error| {
            tracing::error!(%error, "the API's description could not be written");
            String::new()
        })
    });
    &DOCUMENT
}

#[derive(Debug, Serialize)]
struct Document {
    openapi: &'static str,
    info: Info,
    paths: BTreeMap<&'static str, BTreeMap<&'static str, Operation>>,
    components: Components,
}

#[derive(Debug, Serialize)]
struct Info {
    title: &'static str,
    version: &'static str,
    description: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Components {
    schemas: BTreeMap<String, Schema>,
    security_schemes: BTreeMap<&'static str, SecurityScheme>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
enum SecurityScheme {
    Http { scheme: &'static str },
    ApiKey { r#in: &'static str, name: &'static str },
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Operation {
    #[serde(rename = "operationId")]
    id: &'static str,
    summary: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parameters: Vec<Parameter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_body: Option<Content>,
    responses: BTreeMap<&'static str, Response>,
    /// Any one of them; none for what anybody may ask.
    security: Vec<Requirement>,
}

/// A security scheme, and the scopes asked of it: none.
type Requirement = BTreeMap<&'static str, Vec<&'static str>>;

#[derive(Debug, Serialize)]
struct Parameter {
    name: String,
    r#in: &'static str,
    required: bool,
    schema: Schema,
}

#[derive(Debug, Serialize)]
struct Content {
    required: bool,
    content: BTreeMap<&'static str, Media>,
}

#[derive(Debug, Serialize)]
struct Media {
    schema: Schema,
}

#[derive(Debug, Serialize)]
struct Response {
    description: &'static str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    content: BTreeMap<&'static str, Media>,
}

fn describe() -> Document {
    let mut schemas = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .into_generator();
    let mut paths = BTreeMap::<_, BTreeMap<_, _>>::new();
    for row in ENDPOINTS {
        let operation = operation(row, &mut schemas);
        paths.entry(row.route).or_default().insert(verb(row.method), operation);
    }
    for (method, route) in DOORS {
        let operation = door(*method, route, &mut schemas);
        paths.entry(*route).or_default().insert(verb(*method), operation);
    }
    paths.insert(api::OPENAPI, BTreeMap::from([("get", itself())]));
    let schemas = schemas
        .take_definitions(true)
        .into_iter()
        .filter_map(|(name, schema)| Some((name, Schema::try_from(schema).ok()?)))
        .collect();
    Document {
        openapi: "3.1.0",
        info: Info {
            title: "Hubbub",
            version: env!("CARGO_PKG_VERSION"),
            description: "Everything the page does can be done by HTTP. Errors are problem \
                details (RFC 9457) with a stable `code`. A request with the cookie that changes \
                anything needs an `Origin` of this server; one with a bearer token does not.",
        },
        paths,
        components: Components {
            schemas,
            security_schemes: BTreeMap::from([
                ("token", SecurityScheme::Http { scheme: "bearer" }),
                ("cookie", SecurityScheme::ApiKey { r#in: "cookie", name: COOKIE_PLAIN }),
                ("cookieOverTls", SecurityScheme::ApiKey { r#in: "cookie", name: COOKIE_SECURE }),
            ]),
        },
    }
}

fn operation(row: &Described, schemas: &mut SchemaGenerator) -> Operation {
    let mut parameters: Vec<_> = path_parameters(row.route).collect();
    parameters.extend(query_parameters(row));
    let request = (!is_empty(&inline(row.request)))
        .then(|| Content { required: true, content: json((row.request)(schemas)) });
    let answer = Response { description: "Done.", content: json((row.reply)(schemas)) };
    Operation {
        id: row.name,
        summary: row.summary.trim(),
        parameters,
        request_body: request,
        responses: BTreeMap::from([("200", answer), ("default", problem(schemas))]),
        security: security(row.access),
    }
}

/// A way to a live connection.
fn door(method: Method, route: &'static str, schemas: &mut SchemaGenerator) -> Operation {
    let optional = |name: &str, schema| Parameter {
        name: name.to_owned(),
        r#in: "query",
        required: false,
        schema,
    };
    let mut parameters = vec![optional("protocol", schema_for!(u32))];
    let begins = method == Method::Post;
    let frames = |kind, schemas: &mut SchemaGenerator| {
        BTreeMap::from([(kind, Media { schema: schemas.subschema_for::<ServerFrame>() })])
    };
    let (id, summary, status, content) = match route {
        api::EVENTS if begins => (
            "ResumeEvents",
            "Frames as server-sent events, from where the client stands.",
            "200",
            frames("text/event-stream", schemas),
        ),
        api::EVENTS => (
            "ListenToEvents",
            "Frames as server-sent events, from now on or from `Last-Event-ID`.",
            "200",
            frames("text/event-stream", schemas),
        ),
        api::STREAM if begins => (
            "ResumeStream",
            "Frames, one a line, from where the client stands.",
            "200",
            frames("application/x-ndjson", schemas),
        ),
        api::STREAM => (
            "ListenToStream",
            "Frames, one a line, from now on.",
            "200",
            frames("application/x-ndjson", schemas),
        ),
        api::POLL => {
            parameters.push(optional("cursor", schema_for!(String)));
            parameters.push(optional("wait", schema_for!(u64)));
            let (id, summary) = if begins {
                ("ResumePoll", "What has come, from where the client stands or since a cursor.")
            } else {
                ("Poll", "What has come since a cursor, or from now on.")
            };
            (id, summary, "200", json(schemas.subschema_for::<Polled>()))
        }
        _ => ("Connect", "Opens a live connection: frames each way.", "101", BTreeMap::new()),
    };
    let body = match route {
        api::POLL => schemas.subschema_for::<PollRequest>(),
        _ => schemas.subschema_for::<Resume>(),
    };
    let request_body = begins.then(|| Content { required: true, content: json(body) });
    let answer = Response { description: "The connection.", content };
    Operation {
        id,
        summary,
        parameters,
        request_body,
        responses: BTreeMap::from([(status, answer), ("default", problem(schemas))]),
        security: security(Access::SignedIn),
    }
}

fn itself() -> Operation {
    let answer = Response { description: "This document.", content: BTreeMap::new() };
    Operation {
        id: "GetDescription",
        summary: "Describes the API.",
        parameters: Vec::new(),
        request_body: None,
        responses: BTreeMap::from([("200", answer)]),
        security: security(Access::Anyone),
    }
}

const fn verb(method: Method) -> &'static str {
    match method {
        Method::Get => "get",
        Method::Post => "post",
        Method::Patch => "patch",
        Method::Delete => "delete",
    }
}

fn security(access: Access) -> Vec<Requirement> {
    match access {
        Access::Anyone => Vec::new(),
        Access::SignedIn | Access::Administrator => ["token", "cookie", "cookieOverTls"]
            .map(|name| BTreeMap::from([(name, Vec::new())]))
            .into(),
    }
}

fn json(schema: Schema) -> BTreeMap<&'static str, Media> {
    BTreeMap::from([("application/json", Media { schema })])
}

fn problem(schemas: &mut SchemaGenerator) -> Response {
    let schema = schemas.subschema_for::<Problem>();
    Response {
        description: "Refused; `code` says why.",
        content: BTreeMap::from([("application/problem+json", Media { schema })]),
    }
}

/// The names between braces. The root of a thread is a place in the log, all others are ids.
fn path_parameters(route: &'static str) -> impl Iterator<Item = Parameter> {
    route.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| Parameter {
        name: name.to_owned(),
        r#in: "path",
        required: true,
        schema: match name {
            "message" => schema_for!(MessageId),
            "root" => schema_for!(Seq),
            "session" => schema_for!(SessionId),
            "user" => schema_for!(UserId),
            _ => schema_for!(RoomId),
        },
    })
}

fn query_parameters(row: &Described) -> Vec<Parameter> {
    let schema = inline(row.query);
    let properties = schema.get("properties").and_then(|properties| properties.as_object());
    properties
        .into_iter()
        .flatten()
        .filter_map(|(name, schema)| {
            let schema = Schema::try_from(schema.clone()).ok()?;
            Some(Parameter { name: name.clone(), r#in: "query", required: false, schema })
        })
        .collect()
}

/// The schema with everything in it, instead of references.
fn inline(schema: fn(&mut SchemaGenerator) -> Schema) -> Schema {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    schema(&mut settings.into_generator())
}

/// Whether there is nothing to say in a value of this schema.
fn is_empty(schema: &Schema) -> bool {
    schema.get("properties").is_none() && schema.get("oneOf").is_none()
}
