package io.portward.core.observe;

import java.net.InetSocketAddress;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Gathers what the access log will tell of one client connection. There is none while the log is off.
 *
 * <p>Threading: the connection's event loop.
 */
public final class ConnectionTrace {

    private final AccessLog log;
    private final InetSocketAddress peer;
    private final String id =
            HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    private final long acceptedNanos = System.nanoTime();
    private @Nullable String serverName;
    private @Nullable String ja4;
    private @Nullable TlsInfo tls;
    private @Nullable ConnectionFacts facts;
    private long handshakeNanos = AccessRecord.NO_TIME;
    private long requests;
    private long bytesIn;
    private long bytesOut;

    /** @param peer who opened the connection */
    public ConnectionTrace(AccessLog log, InetSocketAddress peer) {
        this.log = log;
        this.peer = peer;
    }

    public AccessLog log() {
        return log;
    }

    public void hello(@Nullable String name, String fingerprint) {
        serverName = name;
        ja4 = fingerprint;
    }

    public void handshakeFinished(TlsInfo info, long nanos) {
        tls = info;
        serverName = info.serverName();
        handshakeNanos = nanos;
    }

    /** @param info of this connection, with the client that was found out meanwhile */
    public ConnectionFacts facts(ConnectionInfo info) {
        ConnectionFacts known = facts;
        if (known == null) {
            known = new ConnectionFacts(id, info, peer, serverName, ja4, tls);
            // Before the handshake is over more may be learnt.
            facts = tls == null ? null : known;
        }
        return known;
    }

    /** Counts a request. @return which one it is, from 1 */
    public long nextRequest() {
        return ++requests;
    }

    public long handshakeNanos() {
        return handshakeNanos;
    }

    public long acceptedNanos() {
        return acceptedNanos;
    }

    /** Inside TLS. */
    public void received(long bytes) {
        bytesIn += bytes;
    }

    /** Inside TLS. */
    public void sent(long bytes) {
        bytesOut += bytes;
    }

    public long bytesIn() {
        return bytesIn;
    }

    public long bytesOut() {
        return bytesOut;
    }
}
