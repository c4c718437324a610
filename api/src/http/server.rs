//! The server: all rooms behind one door, and how it stops without dropping a request.

use std::{sync::Arc, time::Duration};

use actix_web::{App as ActixApp, HttpServer, middleware, web};

use super::{
    admission::admission,
    document::{Contract, Document},
    input, pages,
    routing::ServiceConfig,
};
use crate::{
    app::App, calendar, clusters, desk, figures, identity, incidents, moderation, notices, open311,
    operations, outages, packs, patrols, places, policies, polls, programmes, record, roll, sessions,
    uploads, visits, webhooks, whistles,
};

/// All routes of the contract.
pub fn rooms(config: &mut ServiceConfig) {
    config
        .configure(sessions::routes)
        .configure(places::routes)
        .configure(roll::routes)
        .configure(identity::routes)
        .configure(operations::routes)
        .configure(polls::routes)
        .configure(programmes::routes)
        .configure(incidents::routes)
        .configure(desk::routes)
        .configure(clusters::routes)
        .configure(moderation::routes)
        .configure(whistles::routes)
        .configure(packs::routes)
        .configure(calendar::routes)
        .configure(policies::routes)
        .configure(outages::routes)
        .configure(patrols::routes)
        .configure(visits::routes)
        .configure(figures::routes)
        .configure(notices::routes)
        .configure(webhooks::routes)
        .configure(uploads::routes)
        .configure(record::routes)
        .configure(open311::routes)
        .configure(pages::routes);
}

/// Serves until SIGTERM or SIGINT; then answers what is in flight and returns.
pub async fn serve(app: Arc<App>, listener: std::net::TcpListener) -> std::io::Result<()> {
    let workers = match usize::try_from(app.config.workers) {
        Ok(0) | Err(_) => std::thread::available_parallelism().map_or(2, usize::from),
        Ok(number) => number,
    };
    let document = web::Data::new(Contract::new(Document::build));
    let shared = Arc::clone(&app);
    let server = HttpServer::new(move || {
        ActixApp::new()
            .configure(|config| rooms(&mut ServiceConfig::Worker(config)))
            .app_data(web::Data::from(Arc::clone(&shared)))
            .app_data(document.clone())
            .app_data(web::PathConfig::default().error_handler(input::path_problem))
            .configure(|config| pages::beside_the_contract(config, &shared))
            .default_service(web::to(pages::fallback))
            .wrap(middleware::from_fn(admission))
            .wrap(middleware::Compress::default())
    })
    .workers(workers)
    .keep_alive(Duration::from_secs(75))
    .client_request_timeout(Duration::from_secs(30))
    .shutdown_timeout(30)
    .disable_signals()
    .listen(listener)?
    .run();
    let handle = server.handle();
    let stopping = Arc::clone(&app);
    actix_web::rt::spawn(async move {
        signalled().await;
        tracing::info!("stopping: finishing what is in flight");
        stopping.drain();
        handle.stop(true).await;
    });
    server.await
}

async fn signalled() {
    use tokio::signal::unix::{SignalKind, signal};
    let wait = async |kind: SignalKind| match signal(kind) {
        Ok(mut stream) => {
            stream.recv().await;
        }
        Err(_) => std::future::pending().await,
    };
    tokio::select! {
        () = wait(SignalKind::terminate()) => {}
        () = wait(SignalKind::interrupt()) => {}
    }
}
