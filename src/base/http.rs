//! A small HTTP client for loopback: the training instance, the local agents, the driver's status.
//!
//! Never speaks to anything but 127.0.0.1, whatever name the caller gives: the name only becomes the `Host` header.

use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;

use super::fault::{Fault, FaultKind};

/// No answer of a local service is larger than this, in bytes.
const LARGEST: usize = 1 << 20;

/// One answer: status code and body.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status code.
    pub status: u16,
    /// The body, at most 1 MiB.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Result<serde_json::Value, Fault> {
        serde_json::from_slice(&self.body).map_err(|error| {
            Fault::new(
                FaultKind::Gone,
                crate::say!("本机服务的回答不是 JSON：{error}", "a local service did not answer with JSON: {error}"),
            )
        })
    }
}

/// One request to `127.0.0.1:port`; `host` names the virtual host (`admin.localhost`), `headers` are added as they are.
/// Gives up after `allowed`.
pub async fn request(
    method: &str,
    port: u16,
    host: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
    allowed: Duration,
) -> Result<Answer, Fault> {
    let failed = |error: &dyn std::fmt::Display| {
        Fault::new(
            FaultKind::Gone,
            crate::say!(
                "本机服务 127.0.0.1:{port} 没有回答（{error}）",
                "the local service 127.0.0.1:{port} did not answer ({error})"
            ),
        )
    };
    let work = async {
        let stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.map_err(|e| failed(&e))?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|e| failed(&e))?;
        let pump = tokio::spawn(connection);
        let mut builder = hyper::Request::builder().method(method).uri(path).header("host", format!("{host}:{port}"));
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        let request = builder.body(Full::new(Bytes::from(body))).map_err(|e| failed(&e))?;
        let response = sender.send_request(request).await.map_err(|e| failed(&e))?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), LARGEST).collect().await.map_err(|e| failed(&e))?.to_bytes().to_vec();
        pump.abort();
        Ok(Answer { status, body })
    };
    tokio::time::timeout(allowed, work).await.map_err(|_| failed(&"timeout"))?
}
