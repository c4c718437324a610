//! Where a room names its operations, once for the two that need them: a worker, which serves them, and the contract,
//! which tells of them. What utoipa brings for actix does both at once, so that each worker would make a contract only to
//! throw it away.

use actix_web::{dev::HttpServiceFactory, web};
use utoipa_actix_web::{OpenApiFactory, service_config};

/// For whom the operations are named.
pub enum ServiceConfig<'a, 'told> {
    Worker(&'a mut web::ServiceConfig),
    Contract(&'a mut service_config::ServiceConfig<'told>),
}

impl ServiceConfig<'_, '_> {
    /// One operation.
    pub fn service(&mut self, operation: impl HttpServiceFactory + OpenApiFactory + 'static) -> &mut Self {
        match self {
            Self::Worker(config) => _ = config.service(operation),
            Self::Contract(config) => _ = config.service(operation),
        }
        self
    }

    /// Those of another room, or of a part of this one.
    pub fn configure(&mut self, routes: fn(&mut Self)) -> &mut Self {
        routes(self);
        self
    }
}
