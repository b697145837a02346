//! Taking requests in, handing them on, and handing their answers back, or not.

use std::net;
use std::sync::Arc;
use std::time::Instant;

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING};
use hyper::http::uri::{Authority, Scheme};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Uri, header};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;

use super::cut::Cut;
use super::fault::AFTERMATH;
use super::protocol::{self, recognise};
use super::record::{Number, Record};
use super::{Fault, Moment};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// An answer, as far as it goes out.
type Answer = Response<BoxBody<Bytes, Failure>>;

/// What is needed to hand a request on.
struct Door {
    upstream: Authority,
    client: Client<HttpConnector, Full<Bytes>>,
    record: Arc<Record>,
}

/// Serves until the runtime ends.
pub(super) async fn serve(listener: net::TcpListener, upstream: Authority, record: Arc<Record>) {
    let listener = match TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => panic!("failed to listen: {error}"),
    };
    let client = Client::builder(TokioExecutor::new()).build_http();
    let door = Arc::new(Door { upstream, client, record });
    // An error of one connection (its client has gone) is no reason not to take the next one.
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let door = Arc::clone(&door);
        tokio::spawn(async move {
            let service = service_fn(|request| door.pass(request));
            // It ends with an error when an answer is dropped on purpose.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

impl Door {
    /// Handles one request. An error closes the connection without an answer.
    async fn pass(&self, request: Request<Incoming>) -> Result<Answer, Failure> {
        let at = Instant::now();
        let (parts, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let recognised = recognise(&protocol::Request::new(&parts, &body));
        let (number, fault) = self.record.arrived(recognised, at);
        match &fault {
            Some(Fault::Delay(pause)) => tokio::time::sleep(*pause).await,
            Some(Fault::Answer { status, content_type, body }) => {
                return self.answer_instead(number, *status, content_type, body);
            }
            Some(Fault::DropBeforeForwarding) => {
                self.record.ended(number, None);
                return Err("dropped before it was handed on, as a rule demands".into());
            }
            Some(Fault::Kill(victim, Moment::BeforeForwarding)) => {
                victim.kill();
                self.record.ended(number, None);
                return Err("its client was ended before it was handed on, as a rule demands".into());
            }
            _ => {}
        }
        let held = match &fault {
            Some(Fault::Hold(gate)) => Some(gate.comes()),
            _ => None,
        };
        let answer = self.hand_on(Request::from_parts(parts, body)).await;
        if let Some(visit) = held {
            visit.wait().await;
        }
        match &fault {
            Some(Fault::DropAnswer) => {
                self.record.ended(number, None);
                return Err("its answer was dropped, as a rule demands".into());
            }
            Some(Fault::AnswerAfterwards { status, content_type, body }) => {
                return self.answer_instead(number, *status, content_type, body);
            }
            Some(Fault::Kill(victim, Moment::BeforeAnswering)) => {
                victim.kill();
                self.record.ended(number, None);
                return Err("its client was ended before it was answered, as a rule demands".into());
            }
            Some(Fault::Kill(victim, Moment::AfterAnswering)) => {
                let victim = victim.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(AFTERMATH).await;
                    victim.kill();
                });
            }
            _ => {}
        }
        let mut answer = answer.or_else(|error| {
            // What a gateway says; a client that meets it has met a dead emulator.
            let answer = Response::builder().status(StatusCode::BAD_GATEWAY);
            answer.body(Bytes::from(format!("failed to reach {}: {error}", self.upstream)))
        })?;
        if let Some(Fault::Header { name, value }) = &fault {
            answer.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        self.record.ended(number, Some(answer.status().as_u16()));
        Ok(if matches!(fault, Some(Fault::CutAnswer)) {
            answer.map(|body| Cut::of(&body).boxed())
        } else {
            whole(answer)
        })
    }

    /// Answers what the emulator did not say.
    fn answer_instead(&self, number: Number, status: u16, content_type: &str, body: &str) -> Result<Answer, Failure> {
        self.record.ended(number, Some(status));
        let answer = Response::builder().status(status).header(header::CONTENT_TYPE, content_type);
        Ok(whole(answer.body(Bytes::from(body.to_owned()))?))
    }

    async fn hand_on(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
        let mut uri = std::mem::take(request.uri_mut()).into_parts();
        uri.scheme = Some(Scheme::HTTP);
        uri.authority = Some(self.upstream.clone());
        *request.uri_mut() = Uri::from_parts(uri)?;
        remove_hop_by_hop(request.headers_mut());
        // The body is here already: nobody has to ask whether to send it.
        request.headers_mut().remove(header::EXPECT);
        let answer = self.client.request(request.map(Full::from)).await?;
        let (mut parts, body) = answer.into_parts();
        let body = body.collect().await?.to_bytes();
        remove_hop_by_hop(&mut parts.headers);
        Ok(Response::from_parts(parts, body))
    }
}

fn whole(answer: Response<Bytes>) -> Answer {
    answer.map(|body| Full::from(body).map_err(|never| match never {}).boxed())
}

/// What concerns one connection only: RFC 9110, section 7.6.1.
fn remove_hop_by_hop(headers: &mut HeaderMap) {
    for name in [CONNECTION, TRANSFER_ENCODING, HeaderName::from_static("keep-alive")] {
        headers.remove(name);
    }
}
