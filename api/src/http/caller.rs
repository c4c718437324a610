//! Who is calling: the person behind a token whose session still stands, with what they may be where.

use std::{future::Future, ops::Deref, pin::Pin};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web};
use uuid::Uuid;

use super::{
    admission::Admitted,
    problem::{INTERNAL, Problem, Result},
};
use crate::{access::Viewer, app::App, identity};

/// The caller of an operation that needs a sign-in.
#[derive(Clone, Debug)]
pub struct Caller {
    pub session: Uuid,
    pub viewer: Viewer,
}

impl Deref for Caller {
    type Target = Viewer;

    fn deref(&self) -> &Viewer {
        &self.viewer
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let admitted = request.extensions_mut().remove::<Admitted>();
        let app = request.app_data::<web::Data<App>>().cloned();
        Box::pin(async move {
            let (Some(admitted), Some(app)) = (admitted, app) else {
                return Err(INTERNAL.because("the request was not admitted"));
            };
            let (person, session) = admitted.signed_in()?;
            let grants = identity::grants_of(&app, person).await?;
            Ok(Self { session, viewer: Viewer { person, grants } })
        })
    }
}
