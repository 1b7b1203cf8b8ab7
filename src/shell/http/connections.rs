//! Connections: how many there may be, over what, and how long they may take to speak. Shell.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::TlsFiles;
use crate::limits;

const HEADERS: Duration = Duration::from_millis(limits::HTTP_HEADERS_MS_MAX);
/// What a request under way is left when the server ends.
const PARTING: Duration = Duration::from_secs(1);

/// What speaks TLS with the certificate of `files`: TLS 1.2 and 1.3 with rustls' own choice of ciphers.
///
/// # Errors
/// With a sentence that names the file.
pub(super) fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, String> {
    let unreadable = |key: &str, path: &Path, why: String| format!("`{key}` = \"{}\": {why}", path.display());
    let chain = CertificateDer::pem_file_iter(&files.certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(|error| {
        unreadable("http.tls_certificate", &files.certificate, format!("holds no certificates in PEM ({error})"))
    })?;
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| unreadable("http.tls_key", &files.key, format!("holds no private key in PEM ({error})")))?;
    let refused =
        |error| unreadable("http.tls_certificate", &files.certificate, format!("does not fit its key ({error})"));
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(refused)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(refused)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Serves `app` until `stop` completes; then what is under way has a moment to end.
pub(super) async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    app: Router,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let room = Arc::new(Semaphore::new(limits::HTTP_CONNECTIONS_MAX));
    let (ending, ended) = watch::channel(());
    let mut stop = pin!(stop);
    loop {
        let next = async {
            // Those beyond the bound wait in the kernel's queue.
            let place = Arc::clone(&room).acquire_owned().await.map_err(io::Error::other)?;
            Ok::<_, io::Error>((place, listener.accept().await?))
        };
        let (place, (stream, peer)) = tokio::select! {
            () = &mut stop => break,
            next = next => match next {
                Ok(next) => next,
                Err(error) => {
                    // Out of descriptors, or a peer that is gone already: neither ends the server.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        let (tls, app, ended) = (tls.clone(), app.clone().layer(Extension(ConnectInfo(peer))), ended.clone());
        tokio::spawn(async move {
            connection(stream, peer, tls, app, ended).await;
            drop(place);
        });
    }
    drop(ending);
    let _ = timeout(PARTING, room.acquire_many(limits::HTTP_CONNECTIONS_MAX as u32)).await;
    Ok(())
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    app: Router,
    ended: watch::Receiver<()>,
) {
    let Some(tls) = tls else { return speak(stream, app, ended).await };
    match timeout(HEADERS, tls.accept(stream)).await {
        Ok(Ok(stream)) => speak(stream, app, ended).await,
        Ok(Err(error)) => tracing::debug!(%peer, %error, "no TLS connection"),
        Err(_) => tracing::debug!(%peer, "a TLS handshake took too long"),
    }
}

async fn speak<S>(stream: S, app: Router, mut ended: watch::Receiver<()>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .max_headers(limits::HTTP_HEADERS_MAX)
        .max_buf_size(limits::HTTP_HEADERS_BYTES_MAX);
    let mut spoken = pin!(http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(app)));
    tokio::select! {
        _ = spoken.as_mut() => return,
        // The sender is dropped when the server ends.
        _ = ended.changed() => spoken.as_mut().graceful_shutdown(),
    }
    let _ = timeout(PARTING, spoken).await;
}
