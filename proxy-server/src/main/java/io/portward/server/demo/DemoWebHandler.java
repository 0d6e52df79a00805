package io.portward.server.demo;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The demo's web server: a page with the request as it arrived, {@code /bytes/N} for a body of N bytes, {@code /slow} for a line every half
 * second. Reads HTTP objects, answers when the whole request is there; bodies are dropped as they come.
 */
final class DemoWebHandler extends SimpleChannelInboundHandler<HttpObject> {

    private static final Pattern BYTES = Pattern.compile("/bytes/([0-9]{1,12})");
    private static final int SLOW_LINES = 10;
    private static final int SLOW_MILLIS = 500;

    /** Large enough to make system calls rare, small enough for the write buffer's high mark to stop us in time. */
    private static final int CHUNK = 32 * 1024;

    private static final ByteBuf FILLER = Unpooled.unreleasableBuffer(Unpooled.directBuffer(CHUNK)
            .writeBytes("portward\n".repeat(CHUNK / 9 + 1).getBytes(StandardCharsets.US_ASCII), 0, CHUNK));

    private @Nullable HttpRequest request;
    /** Bytes of a {@code /bytes/N} body that are not written yet. */
    private long toWrite;

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, HttpObject message) {
        if (message.decoderResult().isFailure()) {
            ctx.close();
            return;
        }
        if (message instanceof HttpRequest head) {
            request = head;
        }
        if (message instanceof LastHttpContent && request != null) {
            answer(ctx, request);
            request = null;
        }
    }

    private void answer(ChannelHandlerContext ctx, HttpRequest head) {
        String path = head.uri().split("\\?", 2)[0];
        Matcher bytes = BYTES.matcher(path);
        boolean withBody = !head.method().equals(HttpMethod.HEAD);
        if (bytes.matches()) {
            long length = Long.parseLong(bytes.group(1));
            HttpResponse response = response("application/octet-stream");
            response.headers().set(HttpHeaderNames.CONTENT_LENGTH, length);
            ctx.write(response);
            toWrite = withBody ? length : 0;
            stream(ctx, true);
        } else if (path.equals("/slow") && withBody) {
            HttpResponse response = response("text/plain; charset=utf-8");
            response.headers().set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
            ctx.writeAndFlush(response);
            slowLine(ctx, 1);
        } else {
            ByteBuf body = Unpooled.copiedBuffer(DemoPage.of(head), StandardCharsets.UTF_8);
            int length = body.readableBytes();
            DefaultFullHttpResponse response = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.OK, withBody ? body : Unpooled.EMPTY_BUFFER);
            response.headers()
                    .set(HttpHeaderNames.CONTENT_TYPE, "text/html; charset=utf-8")
                    .set(HttpHeaderNames.CONTENT_LENGTH, length);
            ctx.writeAndFlush(response);
        }
    }

    private static HttpResponse response(String type) {
        HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, type);
        return response;
    }

    /** Writes until the socket's buffer is full; {@link #channelWritabilityChanged} goes on from there. */
    private void stream(ChannelHandlerContext ctx, boolean first) {
        if (toWrite == 0 && !first) {
            return;
        }
        while (toWrite > 0 && ctx.channel().isWritable()) {
            int length = (int) Math.min(CHUNK, toWrite);
            toWrite -= length;
            ctx.write(new DefaultHttpContent(FILLER.retainedSlice(0, length)));
        }
        if (toWrite == 0) {
            ctx.write(LastHttpContent.EMPTY_LAST_CONTENT);
        }
        ctx.flush();
    }

    private void slowLine(ChannelHandlerContext ctx, int line) {
        if (!ctx.channel().isActive()) {
            return;
        }
        String text = "line " + line + " of " + SLOW_LINES + "\n";
        ctx.writeAndFlush(new DefaultHttpContent(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8)));
        if (line == SLOW_LINES) {
            ctx.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
        } else {
            ctx.executor().schedule(() -> slowLine(ctx, line + 1), SLOW_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        stream(ctx, false);
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }
}
