package io.portward.core.http2;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.DecoratingHttp2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2LifecycleManager;
import java.util.concurrent.TimeUnit;

/**
 * Bounds what a client can make us say: answers waiting in the send queue while it does not read (CVE-2019-9512, CVE-2019-9515), and
 * resets that its own errors provoke (CVE-2025-8671). Ends the connection with ENHANCE_YOUR_CALM.
 *
 * <p>Netty has the same limits, but they cannot be combined with a header decoder of one's own, and tell of them at INFO with a trace.
 */
final class ControlFrameLimitEncoder extends DecoratingHttp2ConnectionEncoder {

    private static final int MAX_QUEUED = 1000;
    private static final int MAX_RESETS = 100;
    private static final long RESET_WINDOW_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final ChannelFutureListener written = future -> taken();
    /** Set before anything is written. */
    @SuppressWarnings("NullAway.Init")
    private Http2LifecycleManager lifecycle;

    private int queued;
    private int resets;
    private long resetsSince = System.nanoTime();
    private boolean failed;

    ControlFrameLimitEncoder(Http2ConnectionEncoder encoder) {
        super(encoder);
    }

    @Override
    public void lifecycleManager(Http2LifecycleManager manager) {
        lifecycle = manager;
        super.lifecycleManager(manager);
    }

    @Override
    public ChannelFuture writeSettingsAck(ChannelHandlerContext ctx, ChannelPromise promise) {
        return admit(ctx) ? super.writeSettingsAck(ctx, count(promise)) : promise;
    }

    @Override
    public ChannelFuture writePing(ChannelHandlerContext ctx, boolean ack, long data, ChannelPromise promise) {
        if (!ack) {
            return super.writePing(ctx, false, data, promise);
        }
        return admit(ctx) ? super.writePing(ctx, true, data, count(promise)) : promise;
    }

    @Override
    public ChannelFuture writeRstStream(
            ChannelHandlerContext ctx, int streamId, long errorCode, ChannelPromise promise) {
        if (!admit(ctx)) {
            return promise;
        }
        ChannelFuture future = super.writeRstStream(ctx, streamId, errorCode, count(promise));
        if (isProvoked(errorCode) && !countReset()) {
            fail(ctx, "too many stream errors");
        }
        return future;
    }

    /** Our own reasons do not count against the client. */
    private static boolean isProvoked(long errorCode) {
        return errorCode != Http2Error.NO_ERROR.code()
                && errorCode != Http2Error.CANCEL.code()
                && errorCode != Http2Error.INTERNAL_ERROR.code();
    }

    private boolean countReset() {
        long now = System.nanoTime();
        if (now - resetsSince > RESET_WINDOW_NANOS) {
            resetsSince = now;
            resets = 0;
        }
        return ++resets <= MAX_RESETS;
    }

    private void taken() {
        queued--;
    }

    private boolean admit(ChannelHandlerContext ctx) {
        if (queued == MAX_QUEUED && !failed) {
            ctx.flush();
        }
        if (queued >= MAX_QUEUED) {
            fail(ctx, "too many answers not taken");
        }
        return !failed;
    }

    private ChannelPromise count(ChannelPromise promise) {
        queued++;
        return promise.unvoid().addListener(written);
    }

    private void fail(ChannelHandlerContext ctx, String reason) {
        if (!failed) {
            failed = true;
            lifecycle.onError(ctx, true, Http2Exception.connectionError(Http2Error.ENHANCE_YOUR_CALM, reason));
            ctx.close();
        }
    }
}
