package io.portward.core.tcp;

import io.netty.channel.ChannelHandlerContext;
import io.portward.core.error.ErrorKind;
import io.portward.core.observe.AccessRecord;
import io.portward.core.observe.ConnectionInfo;
import io.portward.core.observe.ConnectionTrace;
import io.portward.core.relay.Relay;
import io.portward.core.transport.ByteCounter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Gathers the line of the access log about one connection, and tells it when that is closed. Threading: the connection's event loop. */
final class TcpTrace {

    private final ConnectionInfo connection;
    private final ConnectionTrace trace;
    private final String backend;
    private final long begunNanos = System.nanoTime();
    private @Nullable String server;
    private int tries;
    private long firstTryNanos;
    private long diallingNanos;
    private long connect = AccessRecord.NO_TIME;
    private String ended = "client_gone";
    private boolean told;

    private TcpTrace(ConnectionInfo connection, ConnectionTrace trace, String backend) {
        this.connection = connection;
        this.trace = trace;
        this.backend = backend;
    }

    /**
     * Counts the bytes before they reach the handler of {@code ctx} from now on.
     *
     * @return null while the log is off
     */
    static @Nullable TcpTrace begin(ChannelHandlerContext ctx, ConnectionInfo connection, String backend) {
        ConnectionTrace trace = connection.trace();
        if (trace == null) {
            return null;
        }
        TcpTrace begun = new TcpTrace(connection, trace, backend);
        ctx.pipeline().addBefore(ctx.name(), null, new ByteCounter(trace::received, trace::sent));
        ctx.channel().closeFuture().addListener(closed -> begun.tell());
        return begun;
    }

    void dialling(String address) {
        diallingNanos = System.nanoTime();
        firstTryNanos = tries == 0 ? diallingNanos : firstTryNanos;
        tries++;
        server = address;
    }

    void connected() {
        connect = System.nanoTime() - diallingNanos;
    }

    void ended(Relay.End how) {
        end(how.name());
    }

    void failed(ErrorKind why) {
        end(why.name());
    }

    private void end(String how) {
        if (!told) {
            told = true;
            ended = how.toLowerCase(Locale.ROOT);
        }
    }

    private void tell() {
        trace.log()
                .add(new AccessRecord.Connection(
                        System.currentTimeMillis(),
                        trace.facts(connection),
                        new AccessRecord.Outcome(
                                trace.bytesIn(), trace.bytesOut(), backend, server, Math.max(0, tries - 1), ended),
                        new AccessRecord.Phases(
                                trace.handshakeNanos(),
                                tries == 0 ? AccessRecord.NO_TIME : firstTryNanos - begunNanos,
                                connect,
                                AccessRecord.NO_TIME,
                                System.nanoTime() - trace.acceptedNanos())));
    }
}
