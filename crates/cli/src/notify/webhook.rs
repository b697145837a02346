//! Posting to a webhook.

use std::time::Duration;

use ureq::Agent;
use ureq::http::Uri;
use ureq::tls::{RootCerts, TlsConfig};

use super::Message;
use crate::failure::Failure;

/// How long one attempt may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// The pauses between attempts.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(4)];

/// The host of a webhook's address: all of it that may be shown.
///
/// # Errors
/// If it is none that is posted to. The address is not in the error: it may be a secret.
pub fn host_of(address: &str) -> Result<String, String> {
    let unreadable = |_| "the address of a webhook cannot be read; percent-encode what is odd in it".to_owned();
    let uri: Uri = address.parse().map_err(unreadable)?;
    let authority = uri.authority().filter(|authority| !authority.host().is_empty());
    let authority = authority.ok_or("the address of a webhook names no host")?;
    // What is before an `@` is for basic authentication, which is not done; and it makes the host seem another one.
    if authority.as_str().contains('@') {
        return Err("the address of a webhook contains a user or an `@`; \
                    leave out the user and the password, and write an `@` of the path as %40"
            .to_owned());
    }
    let is_here = ["127.0.0.1", "[::1]", "localhost"].contains(&authority.host());
    match uri.scheme_str() {
        Some("https") => Ok(authority.host().to_owned()),
        // Nobody listens in on this very machine.
        Some("http") if is_here => Ok(authority.host().to_owned()),
        _ => Err("a webhook is reached through https://, except on this very machine".to_owned()),
    }
}

/// Posts the message as JSON. Tried again if the other side is busy or broken.
///
/// # Errors
/// If it does not answer with success. The address is not in the error: it may be a secret.
pub async fn post(url: &str, message: &Message) -> Result<(), Failure> {
    let (url, body) = (url.to_owned(), message.json());
    let posting = tokio::task::spawn_blocking(move || {
        let agent = agent();
        let mut pauses = PAUSES.into_iter();
        loop {
            let failure = match once(&agent, &url, &body) {
                Ok(()) => return Ok(()),
                Err(failure) => failure,
            };
            match pauses.next().filter(|_| failure.passes) {
                Some(pause) => std::thread::sleep(pause),
                None => return Err(failure.message),
            }
        }
    });
    let posted = posting.await.map_err(|error| Failure::new(error.to_string()))?;
    posted.map_err(|message| {
        Failure::new(message).code("notify").hint("check the address; the next run tells it what this one could not")
    })
}

/// Why an attempt failed, and whether that may pass by itself.
struct Attempt {
    message: String,
    passes: bool,
}

fn agent() -> Agent {
    // What the system trusts, so that a company's own authority counts.
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    let config = Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .tls_config(tls)
        .http_status_as_error(false)
        // What is redirected is asked for again by GET, without the message: whoever answers that has not been told.
        .max_redirects(0)
        .user_agent(concat!("provision/", env!("CARGO_PKG_VERSION")));
    config.build().into()
}

fn once(agent: &Agent, url: &str, body: &str) -> Result<(), Attempt> {
    let request = agent.post(url).header("content-type", "application/json");
    match request.send(body) {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(answer) => {
            let status = answer.status();
            let passes = status.is_server_error() || status.as_u16() == 429;
            let elsewhere = if status.is_redirection() { ", and is not followed elsewhere" } else { "" };
            Err(Attempt { message: format!("it answered {status}{elsewhere}"), passes })
        }
        Err(error) => {
            let passes = !matches!(error, ureq::Error::BadUri(_));
            Err(Attempt { message: error.to_string().replace(url, "(the address)"), passes })
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    /// A server that answers each request with the next status; what it was sent.
    fn serve(statuses: &'static [u16]) -> (String, std::thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/secret", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let mut heard = Vec::new();
            for status in statuses {
                let (mut stream, _) = listener.accept().unwrap();
                let mut text = Vec::new();
                let mut part = [0; 4096];
                while !String::from_utf8_lossy(&text).ends_with('}') {
                    let count = stream.read(&mut part).unwrap();
                    text.extend_from_slice(&part[..count]);
                }
                heard.push(String::from_utf8_lossy(&text).into_owned());
                let location = if *status == 302 { "location: /login\r\n" } else { "" };
                let headers = format!("{location}content-length: 0\r\nconnection: close\r\n\r\n");
                write!(stream, "HTTP/1.1 {status} x\r\n{headers}").unwrap();
            }
            heard
        });
        (url, server)
    }

    #[test]
    fn what_passes_by_itself_is_tried_again() {
        let (url, server) = serve(&[503, 200]);
        let attempt = once(&agent(), &url, "{}").unwrap_err();
        assert!(attempt.passes);
        assert!(once(&agent(), &url, "{}").is_ok());
        let heard = server.join().unwrap();
        assert!(heard[0].to_lowercase().contains("content-type: application/json"), "{heard:?}");
    }

    #[test]
    fn a_refusal_is_told_without_the_address() {
        let (url, server) = serve(&[403]);
        let attempt = once(&agent(), &url, "{}").unwrap_err();
        assert!(!attempt.passes && attempt.message.contains("403"), "{}", attempt.message);
        server.join().unwrap();
        // Nobody listens any more.
        let attempt = once(&agent(), &url, "{}").unwrap_err();
        assert!(attempt.passes && !attempt.message.contains("secret"), "{}", attempt.message);
    }

    #[test]
    fn a_redirect_is_no_delivery() {
        let (url, server) = serve(&[302]);
        let attempt = once(&agent(), &url, "{}").unwrap_err();
        assert!(!attempt.passes && attempt.message.contains("302"), "{}", attempt.message);
        assert_eq!(server.join().unwrap().len(), 1);
    }
}
