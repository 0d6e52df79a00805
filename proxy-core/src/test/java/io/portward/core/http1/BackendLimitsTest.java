package io.portward.core.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portward.core.transport.Transport;
import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.RunningProxy;
import io.portward.testkit.ScriptedUpstream;
import io.portward.testkit.TlsClients;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What happens to more requests than a backend may have. */
@Timeout(30)
class BackendLimitsTest {

    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    /** Answers each request when it gets a permit. */
    private static final class Gate {

        final Semaphore permits = new Semaphore(0);
        final AtomicInteger inside = new AtomicInteger();
        final AtomicInteger most = new AtomicInteger();
        final AtomicInteger seen = new AtomicInteger();

        void serve(RawClient connection) throws Exception {
            while (connection.in().read() >= 0) {
                connection.readUntil("\r\n\r\n");
                seen.incrementAndGet();
                most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                assertThat(permits.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
                inside.decrementAndGet();
                connection.send(OK);
            }
        }
    }

    private static HttpsPort start(ScriptedUpstream origin, int loops, String limits) {
        return HttpsPort.backendOn(
                PROXIES, Transport.open(loops), "servers: [\"" + origin.address() + "\"], limits: {" + limits + "}");
    }

    private static RawClient ask(HttpsPort port) throws IOException {
        return port.connect().send("GET / HTTP/1.1\r\nHost: web.test\r\n\r\n");
    }

    private static Reply get(HttpsPort port) throws IOException {
        try (RawClient client = ask(port)) {
            return Reply.read(client);
        }
    }

    @Test
    void neverMoreThanTheLimitReachTheServersAndTheRestWaitsItsTurn() throws Exception {
        Gate gate = new Gate();
        try (ScriptedUpstream origin = ScriptedUpstream.start(gate::serve)) {
            HttpsPort port = start(origin, 3, "requests: 2, pending: 10, queueTimeout: 20s");
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                clients.add(ask(port));
            }
            await().until(() -> gate.seen.get() == 2);
            gate.permits.release(12);
            for (RawClient client : clients) {
                assertThat(Reply.read(client).status()).isEqualTo(200);
                client.close();
            }
            assertThat(gate.most).hasValue(2);
            assertThat(gate.seen).hasValue(12);
        }
    }

    @Test
    void whenTheQueueIsFullTheAnswerIs503AtOnce() throws Exception {
        PROXIES.expectWarnings();
        Gate gate = new Gate();
        try (ScriptedUpstream origin = ScriptedUpstream.start(gate::serve)) {
            HttpsPort port = start(origin, 2, "requests: 1, pending: 0, queueTimeout: 5m");
            try (RawClient first = ask(port)) {
                await().until(() -> gate.seen.get() == 1);
                Reply refused = get(port);
                assertThat(refused.status()).isEqualTo(503);
                assertThat(refused.header("retry-after")).isEqualTo("5");
                assertThat(PROXIES.warnings()).singleElement().asString().contains("answered 503 upstream busy");
                gate.permits.release(2);
                assertThat(Reply.read(first).status()).isEqualTo(200);
            }
            assertThat(get(port).status()).isEqualTo(200);
        }
    }

    @Test
    void whoWaitsTooLongGets503AndMakesRoom() throws Exception {
        PROXIES.expectWarnings();
        Gate gate = new Gate();
        try (ScriptedUpstream origin = ScriptedUpstream.start(gate::serve)) {
            HttpsPort port = start(origin, 2, "requests: 1, pending: 1, queueTimeout: 300ms");
            try (RawClient first = ask(port)) {
                await().until(() -> gate.seen.get() == 1);
                for (int i = 0; i < 3; i++) {
                    assertThat(get(port).status()).isEqualTo(503);
                }
                gate.permits.release(2);
                assertThat(Reply.read(first).status()).isEqualTo(200);
            }
            assertThat(get(port).status()).isEqualTo(200);
            assertThat(gate.seen).hasValue(2);
        }
    }

    @Test
    void whoLeftTheQueueKeepsNobodyOutOfIt() throws Exception {
        Gate gate = new Gate();
        try (ScriptedUpstream origin = ScriptedUpstream.start(gate::serve)) {
            HttpsPort port = start(origin, 1, "requests: 1, pending: 1, queueTimeout: 5m");
            try (RawClient first = ask(port)) {
                await().until(() -> gate.seen.get() == 1);
                ask(port).close();
                await().until(() -> port.requests().stream().anyMatch(request -> request.status() == 499));
                try (RawClient third = ask(port)) {
                    gate.permits.release(2);
                    assertThat(Reply.read(first).status()).isEqualTo(200);
                    assertThat(Reply.read(third).status()).isEqualTo(200);
                }
            }
        }
    }

    /** Clients that leave while they wait, are dialling or are being answered; servers that fail: no place is lost. */
    @Test
    void everyPlaceComesBack() throws Exception {
        PROXIES.expectWarnings();
        AtomicInteger seen = new AtomicInteger();
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
            String head = connection.readUntil("\r\n\r\n");
            seen.incrementAndGet();
            if (head.startsWith("GET /slow")) {
                connection.readAll();
            } else if (head.startsWith("GET /ok")) {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            }
        })) {
            HttpsPort port = start(origin, 2, "requests: 2, pending: 4, queueTimeout: 5s");
            for (int i = 1; i <= 6; i++) {
                int expected = i;
                try (RawClient leaving = port.connect().send("GET /slow HTTP/1.1\r\nHost: web.test\r\n\r\n")) {
                    await().until(() -> seen.get() == expected);
                }
            }
            for (int i = 0; i < 6; i++) {
                try (RawClient client =
                        port.connect().send("POST /broken HTTP/1.1\r\nHost: web.test\r\nContent-Length: 0\r\n\r\n")) {
                    assertThat(Reply.read(client).status()).isEqualTo(502);
                }
            }
            for (int i = 0; i < 6; i++) {
                try (RawClient client = port.connect().send("GET /ok HTTP/1.1\r\nHost: web.test\r\n\r\n")) {
                    assertThat(Reply.read(client).status()).isEqualTo(200);
                }
            }
        }
    }

    @Test
    void aFailedConnectGivesItsPlaceBack() throws Exception {
        PROXIES.expectWarnings();
        HttpsPort port = HttpsPort.backend(
                PROXIES,
                "servers: [\"127.0.0.1:" + ScriptedUpstream.unusedPort() + "\"], limits: {requests: 1, pending: 0}");
        for (int i = 0; i < 3; i++) {
            assertThat(get(port).status()).isEqualTo(502);
        }
    }

    @Test
    void connectionsToTcpPortsAreLimitedToo() throws Exception {
        PROXIES.pki().ecdsa("web", "web.test");
        try (ScriptedUpstream upstream = ScriptedUpstream.start(connection -> {
            connection.send("+");
            connection.readAll();
        })) {
            RunningProxy proxy = PROXIES.start("""
                    certificates: [{name: web, chain: web.pem, key: web.key}]
                    ports: [{listen: "127.0.0.1:0", protocol: tls, backend: b}]
                    backends: {b: {servers: ["%s"], limits: {requests: 1, pending: 1, queueTimeout: 5s}}}
                    """, upstream.address());
            TlsClients clients = TlsClients.trusting(PROXIES.pki().authority());
            RawClient first = clients.connect(proxy.address(), "web.test");
            assertThat(first.read(1)).containsExactly('+');
            try (RawClient waiting = clients.connect(proxy.address(), "web.test");
                    RawClient refused = clients.connect(proxy.address(), "web.test")) {
                assertThat(refused.readAll()).isEmpty();
                assertThat(upstream.accepted()).isEqualTo(1);
                first.close();
                assertThat(waiting.read(1)).containsExactly('+');
            }
        }
    }
}
