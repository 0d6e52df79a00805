package io.portward.core.observe;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What happens on one port.
 *
 * <p>Order for each connection: {@link #accepted}, then on TLS ports exactly one of {@link #handshakeFinished}, {@link #handshakeFailed} and
 * {@link #passedThrough}, then any number of requests, then {@link #closed}. Bytes are wire bytes.
 */
public interface PortObserver {

    /**
     * Called for each accepted connection, on its event loop.
     *
     * @param peer who opened it
     * @return what gathers for the access log; null while that is off
     */
    default @Nullable ConnectionTrace trace(InetSocketAddress peer) {
        return null;
    }

    void accepted();

    void closed();

    void bytesIn(long count);

    void bytesOut(long count);

    /** {@code nanos} from the first byte of the ClientHello to the client's Finished. */
    void handshakeFinished(TlsInfo tls, long nanos);

    /** {@code detail} is for the log only and may hold what the client sent, with control characters escaped. */
    void handshakeFailed(HandshakeFailure reason, ConnectionInfo connection, String detail);

    /**
     * The connection is being handed on unopened, for the name in its ClientHello.
     *
     * @param backend as configured
     */
    void passedThrough(String backend);

    /**
     * A request that was answered, or given up.
     *
     * @param backend name of the backend, or {@code none}
     * @param method as sent; the observer folds unknown ones
     * @param status what the client was told; 499 when it left before an answer began
     * @param protocol {@code h1} or {@code h2}
     */
    void requestFinished(String backend, String method, int status, String protocol, long nanos);
}
