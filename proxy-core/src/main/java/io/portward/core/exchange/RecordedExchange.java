package io.portward.core.exchange;

import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.portward.core.error.ErrorKind;
import io.portward.core.http.RecordedRequest;
import io.portward.core.http.RequestTarget;
import io.portward.core.observe.AccessRecord;
import io.portward.core.observe.ConnectionTrace;
import io.portward.core.observe.TlsInfo;
import io.portward.core.tls.TlsHandler;
import io.portward.core.transport.ByteCounter;
import java.net.InetAddress;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Gathers one line of the access log. Threading: the event loop of the exchange. */
final class RecordedExchange extends ExchangeTrace {

    private static final String COMPLETE = "complete";

    private final ClientConnection client;
    private final ConnectionTrace trace;
    private final String protocol;
    private final long startNanos = System.nanoTime();
    private final long number;

    private RecordedRequest request = RecordedRequest.NONE;
    private @Nullable InetAddress asker;
    private @Nullable String server;
    private int tries;
    private boolean dialling;
    private long firstTryNanos;
    private long diallingNanos;
    private long acquiredNanos;
    private long connect = AccessRecord.NO_TIME;
    private long firstByte = AccessRecord.NO_TIME;
    private long sent;
    private @Nullable String ended;
    private boolean upgraded;

    RecordedExchange(ClientConnection client, ConnectionTrace trace, String protocol) {
        this.client = client;
        this.trace = trace;
        this.protocol = protocol;
        this.number = trace.nextRequest();
    }

    @Override
    void began(HttpRequest head, RequestTarget target) {
        request = RecordedRequest.of(head, target);
        asker = client.forwarding().asker(head.headers());
    }

    @Override
    void dialling(String address) {
        long now = System.nanoTime();
        tried(now);
        dialling = true;
        diallingNanos = now;
        server = address;
    }

    private void tried(long now) {
        firstTryNanos = tries == 0 ? now : firstTryNanos;
        tries++;
    }

    @Override
    void acquired(String address) {
        long now = System.nanoTime();
        if (dialling) {
            connect = now - diallingNanos;
            dialling = false;
        } else {
            tried(now);
        }
        acquiredNanos = now;
        server = address;
    }

    @Override
    void answered() {
        firstByte = System.nanoTime() - acquiredNanos;
    }

    @Override
    void sent(HttpContent content) {
        sent += content.content().readableBytes();
    }

    @Override
    void failed(ErrorKind kind) {
        ended(kind.name().toLowerCase(Locale.ROOT));
    }

    @Override
    void clientGone() {
        ended("client_gone");
    }

    private void ended(String how) {
        ended = ended == null ? how : ended;
    }

    @Override
    void upgraded() {
        upgraded = true;
    }

    @Override
    void finished(String backend, HttpMethod method, int status, CharSequence requestId, long received) {
        if (upgraded) {
            // What follows is no HTTP, and is over when the connection is.
            countBytes();
            client.channel()
                    .closeFuture()
                    .addListener(closed -> tell(backend, method, status, requestId, trace.bytesIn(), trace.bytesOut()));
        } else {
            tell(backend, method, status, requestId, received, sent);
        }
    }

    private void countBytes() {
        Channel channel = client.channel();
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.addAfter(
                pipeline.context(TlsHandler.class).name(), null, new ByteCounter(trace::received, trace::sent));
    }

    private void tell(
            String backend, HttpMethod method, int status, CharSequence requestId, long bytesIn, long bytesOut) {
        long now = System.nanoTime();
        InetAddress address = asker == null ? client.info().client().getAddress() : asker;
        trace.log()
                .add(new AccessRecord.Request(
                        System.currentTimeMillis(),
                        trace.facts(client.info()),
                        number,
                        request.facts(requestId.toString(), address, method, protocol),
                        status,
                        new AccessRecord.Outcome(
                                bytesIn,
                                bytesOut,
                                backend.equals(TlsInfo.NONE) ? null : backend,
                                server,
                                Math.max(0, tries - 1),
                                ended == null ? COMPLETE : ended),
                        new AccessRecord.Phases(
                                number == 1 ? trace.handshakeNanos() : AccessRecord.NO_TIME,
                                tries == 0 ? AccessRecord.NO_TIME : firstTryNanos - startNanos,
                                connect,
                                firstByte,
                                now - startNanos)));
    }
}
