package io.portward.core.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.RunningProxy;
import io.portward.testkit.ScriptedUpstream;
import io.portward.testkit.TlsEngineClient;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A client with Nagle's algorithm on must not wait for a delayed acknowledgement (40 ms) before its first request leaves. */
class FirstResponseLatencyTest {

    private static final int ROUNDS = 25;
    private static final double MEDIAN_MILLIS = 20;

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    @BeforeAll
    static void issue() {
        PROXIES.pki().ecdsa("web", "web.test");
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void aClientWithNagleOnGetsItsFirstResponseAtOnce(String version) throws IOException {
        SslContext fresh = context(version);
        SslContext resuming = context(version);
        try (ScriptedUpstream upstream = ScriptedUpstream.echo()) {
            RunningProxy proxy = PROXIES.start("""
                    certificates: [{name: web, chain: web.pem, key: web.key}]
                    ports: [{listen: "127.0.0.1:0", protocol: tls, backend: echo}]
                    backends: {echo: {servers: ["%s"]}}
                    """, upstream.address());
            assertThat(median(proxy, fresh, false)).as("full handshake, ms").isLessThan(MEDIAN_MILLIS);
            assertThat(proxy.port().handshakes()).noneMatch(info -> info.resumed());
            assertThat(median(proxy, resuming, true)).as("resumed, ms").isLessThan(MEDIAN_MILLIS);
            assertThat(proxy.port().handshakes().stream().filter(info -> info.resumed()))
                    .hasSizeGreaterThan(ROUNDS / 2);
        } finally {
            ReferenceCountUtil.release(fresh);
            ReferenceCountUtil.release(resuming);
        }
    }

    private static SslContext context(String version) throws IOException {
        return SslContextBuilder.forClient()
                .sslProvider(version.equals("TLSv1.3") ? SslProvider.OPENSSL_REFCNT : SslProvider.JDK)
                .trustManager(PROXIES.pki().authority())
                .protocols(version)
                .endpointIdentificationAlgorithm(null)
                .build();
    }

    private static double median(RunningProxy proxy, SslContext context, boolean resume) throws IOException {
        List<Long> nanos = new ArrayList<>();
        for (int i = 0; i < ROUNDS; i++) {
            nanos.add(round(proxy, context, resume ? "web.test" : "n" + i + ".web.test"));
        }
        return nanos.stream().sorted().toList().get(ROUNDS / 2) / (double) TimeUnit.MILLISECONDS.toNanos(1);
    }

    private static long round(RunningProxy proxy, SslContext context, String name) throws IOException {
        Socket socket = new Socket();
        socket.connect(proxy.address());
        SSLEngine engine = context.newEngine(
                UnpooledByteBufAllocator.DEFAULT, name, proxy.address().getPort());
        try (TlsEngineClient client = new TlsEngineClient(new RawClient(socket), engine)) {
            // A flight of several small writes must not wait within itself, whatever the proxy does.
            socket.setTcpNoDelay(true);
            client.handshake();
            socket.setTcpNoDelay(false);
            long start = System.nanoTime();
            client.send("hello".getBytes(StandardCharsets.US_ASCII)).read(5);
            return System.nanoTime() - start;
        } finally {
            ReferenceCountUtil.release(engine);
        }
    }
}
