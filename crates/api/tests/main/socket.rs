//! The service on a real socket: what hyper is told to bound, and how it stops.

use crate::client::Service;
use makegood_api::{Limits, serve};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

struct Running {
    service: Service,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

async fn start(limits: Limits) -> Running {
    let service = Service::with(limits).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let shutdown = async move { drop(stopped.await) };
    let task = tokio::spawn(serve(listener, service.router.clone(), limits, shutdown));
    Running { service, address, stop, task }
}

impl Running {
    /// Sends bytes, and reads until the service closes the connection.
    async fn exchange(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        // A reset is an end too.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
        self.service.wallet.stop().await;
    }
}

#[tokio::test]
async fn heads_are_bounded_in_size_number_and_time() {
    let limits = Limits {
        head_timeout: Duration::from_millis(300),
        body_timeout: Duration::from_millis(300),
        ..Limits::default()
    };
    let running = start(limits).await;
    let ask = "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
    assert!(running.exchange(format!("{ask}\r\n").as_bytes()).await.starts_with("HTTP/1.1 200"));
    let many = "x: y\r\n".repeat(limits.headers_max + 1);
    assert!(running.exchange(format!("{ask}{many}\r\n").as_bytes()).await.starts_with("HTTP/1.1 431"));
    let long = format!("{ask}x: {}\r\n\r\n", "y".repeat(limits.head_bytes_max));
    assert!(running.exchange(long.as_bytes()).await.starts_with("HTTP/1.1 431"));
    // A head that never ends, an idle connection, a body that never comes.
    assert!(!running.exchange(b"GET /healthz HTTP/1.1\r\nhost:").await.starts_with("HTTP/1.1 200"));
    assert_eq!(running.exchange(b"").await, "");
    let body = "POST /v1/users HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
                content-type: application/json\r\ncontent-length: 10\r\n\r\n{";
    let answer = running.exchange(body.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("request.timeout"), "{answer}");
    // Two lengths are not one request.
    let smuggled = "POST /v1/users HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}";
    assert!(running.exchange(smuggled.as_bytes()).await.starts_with("HTTP/1.1 400"));
    running.stop().await;
}

#[tokio::test]
async fn a_stop_answers_what_is_under_way_and_takes_nothing_new() {
    let limits = Limits { stop_timeout: Duration::from_secs(20), ..Limits::default() };
    let running = start(limits).await;
    let shop = running.service.wallet.new_shop().await;
    let body = r#"{"merchant_order_no":"A-1","amount":{"amount":"1","currency":"CNY"},"description":"x"}"#;
    let order = running.service.post(&shop.token, "/v1/orders", body).await.expect(201).text("/id");
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    let ask = format!(
        "GET /v1/orders/{order}?wait=30 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
        shop.token
    );
    stream.write_all(ask.as_bytes()).await.unwrap();
    // Once this later connection is answered, the earlier one has been accepted.
    let answer = running.exchange(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200"));
    let began = Instant::now();
    running.stop.send(()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"created\""), "{answer}");
    running.task.await.unwrap();
    // A long poll is not waited for: it is told to answer.
    assert!(began.elapsed() < limits.stop_timeout, "{:?}", began.elapsed());
    assert!(TcpStream::connect(running.address).await.is_err());
    running.service.wallet.stop().await;
}
