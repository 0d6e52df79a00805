package io.portward.core.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.util.AsciiString;
import io.portward.config.model.LimitConfig;
import io.portward.core.http.FieldNames;
import io.portward.core.http.HeaderWriter;
import java.util.List;

/**
 * Requests to bytes, bytes to responses. One request is under way at a time, so unlike Netty's client codec it needs no queue of methods;
 * and it can tell whether anything stands behind a response.
 *
 * <p>Threading: the event loop.
 */
final class UpstreamCodec extends CombinedChannelDuplexHandler<HttpResponseDecoder, HttpRequestEncoder> {

    /** A body is handed on in the pieces it was read in, see {@code Dialer.MAX_READ}. */
    private static final int MAX_CHUNK = 1024 * 1024;

    private boolean answeringHead;
    private boolean bytesFollow;

    UpstreamCodec(LimitConfig limits) {
        init(
                new ResponseDecoder(new HttpDecoderConfig()
                        .setMaxInitialLineLength(limits.headerBytes())
                        .setMaxHeaderSize(limits.headerBytes())
                        .setMaxChunkSize(MAX_CHUNK)),
                new RequestEncoder());
    }

    /** Whether the next response answers HEAD and so ends at its head, whatever its Content-Length says (RFC 9112 §6.3). */
    void answeringHead(boolean head) {
        answeringHead = head;
    }

    /** While the end of a response is being handled: whether bytes behind it have been read already. */
    boolean bytesFollow() {
        return bytesFollow;
    }

    private final class ResponseDecoder extends HttpResponseDecoder {

        ResponseDecoder(HttpDecoderConfig config) {
            super(config);
        }

        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
            super.decode(ctx, in, out);
            bytesFollow = in.isReadable();
        }

        /**
         * Netty ends the name at white space and drops what stands between it and the colon. White space alone is to be removed
         * (RFC 9112 §5.1); anything else makes the line no field.
         */
        @Override
        protected AsciiString splitHeaderName(byte[] line, int start, int length) {
            int at = start + length;
            while (at < line.length && (line[at] == ' ' || line[at] == '\t')) {
                at++;
            }
            if (at < line.length && line[at] != ':') {
                throw new IllegalArgumentException("header field without a name");
            }
            return FieldNames.of(line, start, length);
        }

        @Override
        protected boolean isContentAlwaysEmpty(HttpMessage message) {
            boolean interim = ((HttpResponse) message).status().codeClass() == HttpStatusClass.INFORMATIONAL;
            return (answeringHead && !interim) || super.isContentAlwaysEmpty(message);
        }
    }

    private static final class RequestEncoder extends HttpRequestEncoder {

        /** Bytes are a tunnel's: they may come just before the codec is taken out of the pipeline. */
        @Override
        public boolean acceptOutboundMessage(Object message) throws Exception {
            return !(message instanceof ByteBuf) && super.acceptOutboundMessage(message);
        }

        @Override
        protected void encodeHeaders(HttpHeaders headers, ByteBuf out) {
            HeaderWriter.write(headers, out);
        }
    }
}
