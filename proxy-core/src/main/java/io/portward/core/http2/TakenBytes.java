package io.portward.core.http2;

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Stream;
import io.portward.core.transport.TcpProgress;
import org.jspecify.annotations.Nullable;

/**
 * How many response bytes a client has taken, on one stream or on the whole connection. What counts is what holds the transfer up: where the client
 * gives no credit, the bytes that its credit let through; where it does, what its TCP has acknowledged, of which a stream among many gets a share
 * that may be small without any fault of its own.
 *
 * <p>Threading: the event loop of the connection.
 */
final class TakenBytes {

    private final Http2Connection connection;
    private final Http2Stream stream;
    private final Channel channel;
    private final @Nullable TakenBytes whole;

    /** What WINDOW_UPDATE frames have added to the window. */
    private long credited;

    private long lastSent;
    private long lastOfWhole;
    private long total;

    private TakenBytes(Http2Connection connection, Http2Stream stream, Channel channel, @Nullable TakenBytes whole) {
        this.connection = connection;
        this.stream = stream;
        this.channel = channel;
        this.whole = whole;
    }

    static TakenBytes ofConnection(Http2Connection connection, Channel channel) {
        return new TakenBytes(connection, connection.connectionStream(), channel, null);
    }

    TakenBytes ofStream(Http2Stream one) {
        return new TakenBytes(connection, one, channel, this);
    }

    void credit(int bytes) {
        credited += bytes;
    }

    /** Counted from anywhere; never falls. */
    long total() {
        Http2RemoteFlowController windows = connection.remote().flowController();
        long window = windows.windowSize(stream);
        // RFC 9113 §6.9.2: SETTINGS change the windows of streams, never that of the connection.
        long sent = credited - window + (whole == null ? 0 : windows.initialWindowSize());
        long ofWhole = whole == null ? TcpProgress.acknowledged(channel) : whole.total();
        boolean held = window <= 0 || ofWhole == TcpProgress.UNKNOWN;
        total += Math.max(0, held ? sent - lastSent : ofWhole - lastOfWhole);
        lastSent = sent;
        lastOfWhole = ofWhole;
        return total;
    }
}
