//! The HTTP side: reads requests, hands them to the world, and sends its answers the way that faults want them.

use std::io;
use std::net::{Shutdown, TcpListener};
use std::os::fd::AsFd;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::task::{Context, Poll};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::rt::net::TcpStream;
use actix_web::rt::time::{Sleep, sleep};
use actix_web::web::{Bytes, Data, PayloadConfig};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};

use crate::control;
use crate::faults::{Fault, Kind};
use crate::media;
use crate::wire::{Answer, Ask};
use crate::world::World;

/// Larger bodies are no request that WeChat knows.
const LARGEST_BODY: usize = 16 * 1024 * 1024;
/// Idle connections are kept longer than anybody here is idle: a call that meets one being closed is lost, and only a
/// fault that was ordered may lose one.
const KEEP_ALIVE: Duration = Duration::from_mins(5);
/// Pieces that a dripping answer comes in.
const DROPS: u32 = 10;

/// A running simulator on its own thread; dropping it closes every connection and stops it.
pub struct Sim {
    base_url: String,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Sim {
    /// Where it is, without a slash at the end: `http://127.0.0.1:41234`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Waits until the server ends, as the program does.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        // The order to stop goes out with the call; the future only waits for it, as joining does.
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Serves a fresh world on 127.0.0.1; port 0 takes any free one.
///
/// # Errors
/// When the port cannot be taken.
pub fn serve(port: u16) -> io::Result<Sim> {
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    let base_url = format!("http://{}", listener.local_addr()?);
    let (started, starting) = mpsc::channel();
    let thread = thread::Builder::new().name("wechat-sim".to_owned()).spawn(move || {
        let outcome = actix_web::rt::System::new().block_on(run(listener, started.clone()));
        if let Err(error) = outcome {
            // Nobody listens any more when the start had succeeded.
            drop(started.send(Err(error)));
        }
    })?;
    let handle = starting.recv().map_err(|_| io::Error::other("the server thread ended"))??;
    Ok(Sim { base_url, handle, thread: Some(thread) })
}

async fn run(listener: TcpListener, started: mpsc::Sender<io::Result<ServerHandle>>) -> io::Result<()> {
    let world = Data::new(Mutex::new(World::new()));
    let app = move || {
        App::new()
            .app_data(Data::clone(&world))
            .app_data(PayloadConfig::new(LARGEST_BODY))
            .default_service(web::to(handle))
    };
    let server = HttpServer::new(app)
        .workers(2)
        .keep_alive(KEEP_ALIVE)
        .disable_signals()
        .on_connect(|connection, data| {
            // Kept beside the connection, so that a fault can cut it.
            let socket = connection
                .downcast_ref::<TcpStream>()
                .and_then(|stream| stream.as_fd().try_clone_to_owned().ok().map(std::net::TcpStream::from));
            if let Some(socket) = socket {
                data.insert(socket);
            }
        })
        .listen(listener)?
        .run();
    if started.send(Ok(server.handle())).is_err() {
        return Ok(());
    }
    server.await
}

async fn handle(request: HttpRequest, body: Bytes, world: Data<Mutex<World>>) -> HttpResponse {
    let ask = read(&request, &body);
    if ask.path.starts_with("/__sim/") {
        return match control::obey(&mut lock(&world), &ask) {
            Ok(value) => HttpResponse::Ok().json(value),
            Err(misuse) => HttpResponse::build(misuse.status()).json(misuse.told()),
        };
    }
    let (answer, fault) = lock(&world).meet(&ask);
    let promised = std::mem::take(&mut lock(&world).media.errands);
    for errand in promised {
        let world = Data::clone(&world);
        actix_web::rt::spawn(async move {
            let fetched = media::fetch(&errand.url).await;
            media::tell(&mut lock(&world), &errand, fetched);
        });
    }
    send(&request, answer, fault).await
}

fn lock(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read(request: &HttpRequest, body: &Bytes) -> Ask {
    let query = web::Query::<Vec<(String, String)>>::from_query(request.query_string());
    let content_type = request.headers().get("content-type").and_then(|value| value.to_str().ok());
    Ask {
        method: request.method().to_string(),
        path: request.path().to_owned(),
        query: query.map(web::Query::into_inner).unwrap_or_default(),
        content_type: content_type.unwrap_or_default().to_ascii_lowercase(),
        body: body.to_vec(),
    }
}

async fn send(request: &HttpRequest, answer: Option<Answer>, fault: Option<Fault>) -> HttpResponse {
    if let Some(answer) = &answer {
        sleep(Duration::from_millis(answer.takes)).await;
    }
    let lasts = Duration::from_millis(fault.as_ref().map_or(0, Fault::lasts));
    let kind = fault.map(|fault| fault.kind);
    if matches!(kind, Some(Kind::Hang | Kind::Late)) {
        sleep(lasts).await;
    }
    let Some(answer) = answer else {
        if let Some(socket) = request.conn_data::<std::net::TcpStream>() {
            // The peer may have gone first, which is what was wanted.
            drop(socket.shutdown(Shutdown::Both));
        }
        return HttpResponse::InternalServerError().finish();
    };
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut response = HttpResponse::build(status);
    response.content_type(answer.content_type);
    match kind {
        Some(Kind::Truncate) => response.body(Dripping::half(answer.bytes)),
        Some(Kind::Slow) => response.body(Dripping::slowly(answer.bytes, lasts / DROPS)),
        _ => response.body(answer.bytes),
    }
}

/// A body that promises its whole length and comes in drops, or breaks off in the middle.
struct Dripping {
    promised: u64,
    left: Bytes,
    /// Bytes never sent.
    withheld: usize,
    drop_size: usize,
    pause: Duration,
    pausing: Option<Pin<Box<Sleep>>>,
}

impl Dripping {
    fn half(bytes: Vec<u8>) -> Self {
        let withheld = bytes.len().div_ceil(2);
        let drop_size = bytes.len().max(1);
        Self { withheld, drop_size, ..Self::slowly(bytes, Duration::ZERO) }
    }

    fn slowly(bytes: Vec<u8>, pause: Duration) -> Self {
        let drop_size = bytes.len().div_ceil(usize::try_from(DROPS).unwrap_or(1)).max(1);
        let promised = crate::number(u128::try_from(bytes.len()).unwrap_or(u128::MAX));
        Self { promised, left: Bytes::from(bytes), withheld: 0, drop_size, pause, pausing: None }
    }
}

impl MessageBody for Dripping {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.promised)
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        if self.left.len() <= self.withheld {
            return Poll::Ready(Some(Err(io::Error::other("cut off by order"))));
        }
        let pause = self.pause;
        let pausing = self.pausing.get_or_insert_with(|| Box::pin(sleep(pause)));
        match pausing.as_mut().poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => {
                self.pausing = None;
                let size = self.drop_size.min(self.left.len() - self.withheld);
                Poll::Ready(Some(Ok(self.left.split_to(size))))
            }
        }
    }
}
