package io.portward.server.accesslog;

import io.portward.core.observe.AccessLog;
import io.portward.core.observe.AccessRecord;
import io.portward.core.observe.ConnectionInfo;
import io.portward.core.observe.ConnectionTrace;
import io.portward.core.observe.HandshakeFailure;
import io.portward.core.observe.PortObserver;
import io.portward.core.observe.TlsInfo;
import java.net.InetSocketAddress;

/** A port that takes part in the access log, in front of whoever counts its events. Threading: any event loop. */
final class LoggedPort implements PortObserver {

    private final PortObserver counted;
    private final AccessLog log;
    private final FailureLines failures;

    LoggedPort(PortObserver counted, AccessLog log, FailureLines failures) {
        this.counted = counted;
        this.log = log;
        this.failures = failures;
    }

    @Override
    public ConnectionTrace trace(InetSocketAddress peer) {
        return new ConnectionTrace(log, peer);
    }

    @Override
    public void accepted() {
        counted.accepted();
    }

    @Override
    public void closed() {
        counted.closed();
    }

    @Override
    public void bytesIn(long count) {
        counted.bytesIn(count);
    }

    @Override
    public void bytesOut(long count) {
        counted.bytesOut(count);
    }

    @Override
    public void handshakeFinished(TlsInfo tls, long nanos) {
        counted.handshakeFinished(tls, nanos);
    }

    @Override
    public void handshakeFailed(HandshakeFailure reason, ConnectionInfo connection, String detail) {
        counted.handshakeFailed(reason, connection, detail);
        ConnectionTrace trace = connection.trace();
        if (trace != null && failures.mayTell()) {
            log.add(new AccessRecord.Handshake(
                    System.currentTimeMillis(),
                    trace.facts(connection),
                    reason,
                    detail,
                    System.nanoTime() - trace.acceptedNanos()));
        }
    }

    @Override
    public void passedThrough(String backend) {
        counted.passedThrough(backend);
    }

    @Override
    public void requestFinished(String backend, String method, int status, String protocol, long nanos) {
        counted.requestFinished(backend, method, status, protocol, nanos);
    }
}
