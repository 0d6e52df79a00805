package io.portward.core.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.portward.config.model.BackendConfig;
import io.portward.config.model.HealthConfig;
import io.portward.config.model.HealthType;
import io.portward.config.model.LimitConfig;
import io.portward.core.proxyprotocol.ProxyHeader;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The client side of one health check: says what the type of check calls for, reads the beginning of the answer and judges it.
 *
 * <p>Threading: the event loop. Closes the connection after its verdict.
 */
final class HealthProbe extends SimpleChannelInboundHandler<Object> {

    /** Hears the verdict, once or more often; the first one counts. */
    interface Verdict {

        /** @param failure what is wrong; null when the server is well */
        void of(@Nullable String failure);
    }

    /** RFC 5321 §4.5.3.1.5: the longest reply line; the longest of the three protocols. */
    private static final int MAX_GREETING = 512;

    static final String USER_AGENT = "portward-health";

    /** What a log line quotes of a strange greeting. */
    private static final int MAX_QUOTED = 60;

    private final BackendConfig backend;
    private final HealthConfig config;
    private final Server server;
    private final Verdict verdict;
    private final StringBuilder greeting = new StringBuilder();
    private boolean answered;

    private HealthProbe(BackendConfig backend, HealthConfig config, Server server, Verdict verdict) {
        this.backend = backend;
        this.config = config;
        this.server = server;
        this.verdict = verdict;
    }

    static Opening opening(
            BackendConfig backend, HealthConfig config, Server server, LimitConfig limits, Verdict verdict) {
        return new Opening() {
            @Override
            public ChannelHandler handler() {
                return initializer(config, limits, new HealthProbe(backend, config, server, verdict));
            }

            @Override
            public ByteBuf preface(ByteBufAllocator allocator) {
                return ProxyHeader.local(allocator, backend.proxyProtocol());
            }
        };
    }

    private static ChannelHandler initializer(HealthConfig config, LimitConfig limits, HealthProbe probe) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                if (config.type() == HealthType.HTTP) {
                    HttpDecoderConfig traffics = new HttpDecoderConfig().setMaxHeaderSize(limits.headerBytes());
                    channel.pipeline().addLast(new HttpClientCodec(traffics, false, false));
                }
                channel.pipeline().addLast(probe);
            }
        };
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        if (server.tls() == null) {
            ByteBuf header = ProxyHeader.local(ctx.alloc(), backend.proxyProtocol());
            if (header.isReadable()) {
                // Past the HTTP codec, which takes no bytes.
                ctx.pipeline().firstContext().write(header);
            }
            begin(ctx);
        }
    }

    /** A failed handshake is told to whoever dialled. */
    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof SslHandshakeCompletionEvent handshake && handshake.isSuccess()) {
            begin(ctx);
        }
    }

    private void begin(ChannelHandlerContext ctx) {
        if (config.type() == HealthType.TCP) {
            well(ctx, "");
        } else if (config.type() == HealthType.HTTP) {
            DefaultFullHttpRequest request =
                    new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, config.path());
            request.headers()
                    .set(HttpHeaderNames.HOST, server.name())
                    .set(HttpHeaderNames.USER_AGENT, USER_AGENT)
                    .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
            ctx.writeAndFlush(request);
        } else {
            ctx.flush();
        }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, Object message) {
        if (answered) {
            return;
        }
        if (message instanceof HttpResponse response) {
            judge(ctx, response);
        } else if (message instanceof ByteBuf bytes) {
            greeting.append(bytes.toString(StandardCharsets.ISO_8859_1));
            if (greeting.indexOf("\n") >= 0 || greeting.length() >= MAX_GREETING) {
                judgeGreeting(ctx);
            }
        }
    }

    private void judge(ChannelHandlerContext ctx, HttpResponse response) {
        int status = response.status().code();
        if (response.decoderResult().isFailure()) {
            ill(ctx, "the answer is no HTTP response");
        } else if (config.expectStatus().contains(status)) {
            well(ctx, "");
        } else if (response.status().codeClass() != HttpStatusClass.INFORMATIONAL) {
            ill(ctx, unexpected(status, config));
        }
    }

    static String unexpected(int status, HealthConfig config) {
        return "status " + status + " (expected: " + config.expectStatus() + ")";
    }

    private void judgeGreeting(ChannelHandlerContext ctx) {
        String line = greeting.toString();
        boolean good = switch (config.type()) {
            case IMAP -> line.startsWith("* OK") || line.startsWith("* PREAUTH");
            case POP3 -> line.startsWith("+OK");
            case SMTP -> line.startsWith("220");
            case TCP, HTTP -> throw new IllegalStateException("a check without a greeting");
        };
        if (good) {
            // A client that says good-bye is no line in the server's log.
            well(ctx, config.type() == HealthType.IMAP ? "a LOGOUT\r\n" : "QUIT\r\n");
        } else {
            String type = config.type().name().toLowerCase(Locale.ROOT);
            ill(ctx, "the greeting is not that of " + type + ": '" + printable(line) + "'");
        }
    }

    private static String printable(String line) {
        String first = line.lines().findFirst().orElse("");
        return first.substring(0, Math.min(MAX_QUOTED, first.length())).replaceAll("[^ -~]", "?");
    }

    private void well(ChannelHandlerContext ctx, String farewell) {
        answered = true;
        verdict.of(null);
        if (farewell.isEmpty()) {
            ctx.flush();
            ctx.close();
        } else {
            ctx.writeAndFlush(ctx.alloc().buffer().writeBytes(farewell.getBytes(StandardCharsets.US_ASCII)))
                    .addListener(ChannelFutureListener.CLOSE);
        }
    }

    private void ill(ChannelHandlerContext ctx, String failure) {
        answered = true;
        verdict.of(failure);
        ctx.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (!answered) {
            ill(ctx, "the connection was closed without an answer");
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!answered) {
            ill(ctx, Server.reason(cause));
        }
        ctx.close();
    }
}
