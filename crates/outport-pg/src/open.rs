//! How a connection begins: encryption, start, password.

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use outport_app::{gate::Caller, identity::Credential};
use outport_model::principal::Door;
use pgwire::messages::{
    PgWireBackendMessage as Reply,
    response::{GssEncResponse, ReadyForQuery, SslResponse, TransactionStatus},
    startup::{Authentication, BackendKeyData, NegotiateProtocolVersion, ParameterStatus, SecretKey},
};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};

use crate::{
    failure::Failure,
    frontend::{Message, Opening},
    server::{Options, Server},
    session::{Place, Session},
    settings::Settings,
    wire::{Received, Wire},
};

/// The name of the protocol among those that are spoken over TLS.
pub(crate) const ALPN: &[u8] = b"postgresql";

/// The first byte of a TLS handshake.
const HANDSHAKE: u8 = 0x16;

/// The version that is spoken, as a client that wants a newer one is told it.
const VERSION: i32 = 3 << 16;

/// How long a client that is refused may take to accept why, and to close.
const FAREWELL: Duration = Duration::from_secs(2);

/// Why there is no session.
enum Refused {
    Broken(io::Error),
    /// The client is told.
    Told(Failure),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Told(failure)
    }
}

/// What a client begins with.
struct Start {
    minor: u16,
    parameters: BTreeMap<String, String>,
    encrypted: bool,
}

/// Begins a session. `None` where there is none to begin: the client went, only cancelled something, or was refused.
pub(crate) async fn open(server: &Arc<Server>, stream: TcpStream, from: SocketAddr) -> io::Result<Option<Session>> {
    let patience = server.options.opening;
    let end = Instant::now() + patience;
    // Whoever has not begun to speak this protocol would not understand why it is over.
    let Some((mut wire, start)) = timeout_at(end, start(server, stream)).await?? else { return Ok(None) };
    let failure = match timeout_at(end, Box::pin(sign_in(server, &mut wire, &start, from))).await {
        Ok(Ok((caller, settings))) => return timeout_at(end, begin(server, wire, caller, settings)).await?,
        Ok(Err(Refused::Broken(error))) => return Err(error),
        Ok(Err(Refused::Told(failure))) => failure,
        Err(_) => Failure::Late(patience),
    };
    wire.put(&failure.fatal_response())?;
    timeout(FAREWELL, wire.close()).await??;
    Ok(None)
}

/// Encrypts the connection if the client wants it, and takes its start.
async fn start(server: &Server, stream: TcpStream) -> io::Result<Option<(Wire, Start)>> {
    let mut first = [0];
    let direct = stream.peek(&mut first).await? == 1 && first[0] == HANDSHAKE;
    let (mut wire, mut encrypted) = match &server.tls {
        Some(tls) if direct => {
            let stream = tls.0.accept(stream).await?;
            if stream.get_ref().1.alpn_protocol() != Some(ALPN) {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "TLS from the first byte needs ALPN"));
            }
            (Wire::new(Box::new(stream)), true)
        }
        _ => (Wire::new(Box::new(stream)), false),
    };
    loop {
        match wire.opening().await? {
            Received::Message(Opening::Tls) => match &server.tls {
                Some(tls) if !encrypted => {
                    wire.put(&Reply::SslResponse(SslResponse::Accept))?;
                    wire.flush().await?;
                    let Some(stream) = wire.into_stream() else { return Ok(None) };
                    wire = Wire::new(Box::new(tls.0.accept(stream).await?));
                    encrypted = true;
                }
                _ => {
                    wire.put(&Reply::SslResponse(SslResponse::Refuse))?;
                    wire.flush().await?;
                }
            },
            Received::Message(Opening::Gss) => {
                wire.put(&Reply::GssEncResponse(GssEncResponse::Refuse))?;
                wire.flush().await?;
            }
            Received::Message(Opening::Cancel { process, secret }) => {
                server.cancellations.cancel(process, &secret);
                return Ok(None);
            }
            Received::Message(Opening::Start { minor, parameters }) => {
                return Ok(Some((wire, Start { minor, parameters, encrypted })));
            }
            Received::Malformed | Received::TooLong(_) => {
                wire.put(&Failure::Malformed.fatal_response())?;
                wire.close().await?;
                return Ok(None);
            }
            Received::Closed => return Ok(None),
        }
    }
}

/// Finds out who it is.
async fn sign_in(
    server: &Server,
    wire: &mut Wire,
    start: &Start,
    from: SocketAddr,
) -> Result<(Caller, Settings), Refused> {
    let unsupported: Vec<String> = start.parameters.keys().filter(|name| name.starts_with("_pq_.")).cloned().collect();
    if start.minor > 0 || !unsupported.is_empty() {
        wire.put(&Reply::NegotiateProtocolVersion(NegotiateProtocolVersion::new(VERSION, unsupported)))?;
    }
    let here = from.ip().to_canonical().is_loopback();
    if server.tls.is_some() && !start.encrypted && !here {
        return Err(Failure::Plain.into());
    }
    let user = start.parameters.get("user").filter(|user| !user.is_empty()).ok_or(Failure::NoUser)?;
    let password = password(wire).await?;
    let client = start.parameters.get("application_name").filter(|name| !name.is_empty()).cloned();
    let credential = Credential::Password { user: user.clone(), password };
    let from = from.ip().to_canonical().to_string();
    let caller = server.gate.authenticate(&credential, &from, Door::Postgres, client).await.map_err(Failure::gate)?;
    // Only who is known learns what the workspace is called.
    let workspace = server.gate.app().workspace.as_str();
    let asked = start.parameters.get("database").filter(|name| !name.is_empty()).unwrap_or(user);
    if asked != workspace {
        return Err(Failure::NoDatabase { asked: asked.clone(), workspace: workspace.to_owned() }.into());
    }
    let settings = Settings::new(&caller.principal.id, &start.parameters)?;
    Ok((caller, settings))
}

async fn password(wire: &mut Wire) -> Result<String, Refused> {
    wire.put(&Reply::Authentication(Authentication::CleartextPassword))?;
    wire.flush().await?;
    match wire.message().await? {
        Received::Message(Message::Password(password)) => Ok(password),
        Received::Message(_) => Err(Failure::Unexpected.into()),
        Received::Malformed => Err(Failure::Malformed.into()),
        Received::TooLong(longest) => Err(Failure::TooLong(longest).into()),
        // psql goes away to ask for the password, and comes again.
        Received::Closed => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "no password came").into()),
    }
}

/// A place among all connections, and among those of the user.
fn place(server: &Server, caller: &Caller) -> Result<Place, Failure> {
    let Options { connections, connections_each, .. } = server.options;
    let seat = server.seats.take(&caller.principal.id, connections_each);
    let seat = seat.ok_or(Failure::TooManyOfUser(connections_each))?;
    let place = Arc::clone(&server.free).try_acquire_owned();
    Ok((place.map_err(|_| Failure::TooManyConnections(connections))?, seat))
}

/// Tells the client that it is let in.
async fn begin(
    server: &Arc<Server>,
    mut wire: Wire,
    caller: Caller,
    settings: Settings,
) -> io::Result<Option<Session>> {
    let place = match place(server, &caller) {
        Ok(place) => place,
        Err(failure) => {
            wire.put(&failure.fatal_response())?;
            wire.close().await?;
            return Ok(None);
        }
    };
    let cancellable = server.cancellations.add();
    wire.allow(server.options.message);
    wire.put(&Reply::Authentication(Authentication::Ok))?;
    for (name, value) in settings.reported() {
        wire.put(&Reply::ParameterStatus(ParameterStatus::new(name.to_owned(), value)))?;
    }
    let secret = SecretKey::I32(cancellable.secret);
    wire.put(&Reply::BackendKeyData(BackendKeyData::new(cancellable.process, secret)))?;
    wire.put(&Reply::ReadyForQuery(ReadyForQuery::new(TransactionStatus::Idle)))?;
    wire.flush().await?;
    let settings = Arc::new(Mutex::new(settings));
    Ok(Some(Session::new(Arc::clone(server), wire, caller, settings, cancellable, place)))
}
