package io.portward.core.http1;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.LastHttpContent;
import io.portward.config.model.LimitConfig;
import io.portward.core.http.HeaderWriter;
import java.util.List;

/**
 * Bytes to requests, responses to bytes: Netty's codec with single spaces in the request line and with the answer to HEAD known to the
 * encoder.
 *
 * <p>Threading: the event loop.
 */
final class Http1Codec extends CombinedChannelDuplexHandler<HttpRequestDecoder, HttpResponseEncoder> {

    /** Method and version beside the target; methods of extensions are longer than GET. */
    private static final int REQUEST_LINE_SLACK = 64;

    /** Body is handed on in the pieces it was read in. */
    private static final int MAX_CHUNK = 1024 * 1024;

    private boolean answeringHead;
    private boolean received;

    Http1Codec(LimitConfig limits) {
        init(
                new RequestDecoder(new HttpDecoderConfig()
                        .setMaxInitialLineLength(limits.uriBytes() + REQUEST_LINE_SLACK)
                        .setMaxHeaderSize(limits.headerBytes())
                        .setMaxChunkSize(MAX_CHUNK)),
                new ResponseEncoder());
    }

    /** Whether the next response answers HEAD and so ends at its head, whatever its Content-Length says (RFC 9112 §6.3). */
    void answeringHead(boolean head) {
        answeringHead = head;
    }

    /** Whether bytes have arrived since the last call that asked; with no message come of them, they are the beginning of one. */
    boolean takeReceived() {
        boolean taken = received;
        received = false;
        return taken;
    }

    private final class RequestDecoder extends HttpRequestDecoder {

        /** Where the last word of the request line ended. */
        private int wordEnd;

        /** Its head was handed on, its end not yet. */
        private boolean inRequest;

        RequestDecoder(HttpDecoderConfig config) {
            super(config);
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
            received = true;
            super.channelRead(ctx, message);
        }

        /** Netty judges a line when its LF is there; one with CR and something else can be judged before, and may be all that comes. */
        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
            super.decode(ctx, in, out);
            if (!out.isEmpty()) {
                inRequest = !(out.get(out.size() - 1) instanceof LastHttpContent);
            } else if (hasBareCr(in)) {
                HttpObject malformed = inRequest ? new DefaultLastHttpContent() : createInvalidMessage();
                malformed.setDecoderResult(DecoderResult.failure(new IllegalArgumentException("CR without LF")));
                in.skipBytes(in.readableBytes());
                out.add(malformed);
            }
        }

        private static boolean hasBareCr(ByteBuf line) {
            int cr = line.bytesBefore((byte) '\r');
            return cr >= 0 && cr < line.readableBytes() - 1 && line.getByte(line.readerIndex() + cr + 1) != '\n';
        }

        @Override
        protected String splitFirstWordInitialLine(byte[] line, int start, int length) {
            // Nothing stands before the method: Netty hands the line over from index 0.
            require(start == 0);
            wordEnd = length;
            return super.splitFirstWordInitialLine(line, start, length);
        }

        @Override
        protected String splitSecondWordInitialLine(byte[] line, int start, int length) {
            require(start == wordEnd + 1 && line[wordEnd] == ' ');
            wordEnd = start + length;
            return super.splitSecondWordInitialLine(line, start, length);
        }

        /** Netty takes {@code http/1.1} too; the name is case-sensitive (RFC 9112 §2.3). */
        @Override
        protected String splitThirdWordInitialLine(byte[] line, int start, int length) {
            require(start == wordEnd + 1 && line[wordEnd] == ' ');
            require(length > 4
                    && line[start] == 'H'
                    && line[start + 1] == 'T'
                    && line[start + 2] == 'T'
                    && line[start + 3] == 'P');
            return super.splitThirdWordInitialLine(line, start, length);
        }

        /** RFC 9112 §3: a recipient that splits at other white space and one that does not see different targets. */
        private static void require(boolean wellFormed) {
            if (!wellFormed) {
                throw new IllegalArgumentException("request line is not three words with single spaces between");
            }
        }
    }

    private final class ResponseEncoder extends HttpResponseEncoder {

        @Override
        protected boolean isContentAlwaysEmpty(HttpResponse response) {
            return answeringHead || super.isContentAlwaysEmpty(response);
        }

        @Override
        protected void encodeHeaders(HttpHeaders headers, ByteBuf out) {
            HeaderWriter.write(headers, out);
        }
    }
}
