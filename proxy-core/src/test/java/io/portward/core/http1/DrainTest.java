package io.portward.core.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.RecordingObserver.Request;
import io.portward.testkit.ScriptedUpstream;
import io.portward.testkit.UnansweredPort;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a stop does to HTTP/1 connections: what has begun is finished, and nothing else begins. */
class DrainTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static final String GET = "GET / HTTP/1.1\r\nHost: web.test\r\n\r\n";

    @Test
    void closesAnIdleConnection() throws Exception {
        try (CannedOrigin origin = CannedOrigin.answering(CannedOrigin.OK)) {
            HttpsPort port = HttpsPort.start(PROXIES, origin.address());
            try (RawClient client = port.connect()) {
                assertThat(Reply.read(client.send(GET)).status()).isEqualTo(200);
                CompletableFuture<Void> drained = drain(port);
                assertThat(client.readAll()).isEmpty();
                drained.get(5, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void finishesTheRequestThatRunsAndSaysThatItIsTheLast() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
            connection.readUntil("\r\n\r\n");
            asked.countDown();
            answer.await();
            connection.send(CannedOrigin.OK);
            connection.readAll();
        })) {
            HttpsPort port = HttpsPort.start(PROXIES, origin.address());
            try (RawClient client = port.connect()) {
                client.send(GET + GET);
                assertThat(asked.await(5, TimeUnit.SECONDS)).isTrue();
                CompletableFuture<Void> drained = drain(port);
                answer.countDown();
                Reply reply = Reply.read(client);
                assertThat(reply.body()).isEqualTo("ok");
                assertThat(reply.header("connection")).isEqualTo("close");
                assertThat(client.readAll()).isEmpty();
                client.close();
                drained.get(5, TimeUnit.SECONDS);
            }
        }
    }

    /** A client that has only just arrived did not know, and asks on no other connection. */
    @RepeatedTest(5)
    void answersTheFirstRequestOfAConnectionThatHasNotAskedYet() throws Exception {
        try (CannedOrigin origin = CannedOrigin.answering(CannedOrigin.OK)) {
            HttpsPort port = HttpsPort.start(PROXIES, origin.address());
            try (RawClient client = port.connect()) {
                CompletableFuture<Void> drained = drain(port);
                Reply reply = Reply.read(client.send(GET));
                assertThat(reply.body()).isEqualTo("ok");
                assertThat(reply.header("connection")).isEqualTo("close");
                client.close();
                drained.get(5, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void doesNotWaitLongForAFirstRequest() throws Exception {
        try (CannedOrigin origin = CannedOrigin.answering(CannedOrigin.OK)) {
            HttpsPort port = HttpsPort.start(PROXIES, origin.address());
            try (RawClient client = port.connect()) {
                CompletableFuture<Void> drained = drain(port);
                assertThat(client.readAll()).isEmpty();
                drained.get(5, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void cutsWhatIsNotFinishedInTime() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
            connection.readUntil("\r\n\r\n");
            asked.countDown();
            connection.readAll();
        })) {
            HttpsPort port = HttpsPort.start(PROXIES, origin.address());
            try (RawClient client = port.connect()) {
                client.send(GET);
                assertThat(asked.await(5, TimeUnit.SECONDS)).isTrue();
                port.proxy()
                        .plane()
                        .drain(Duration.ofMillis(200))
                        .toCompletableFuture()
                        .get(5, TimeUnit.SECONDS);
                assertThat(client.readAll()).isEmpty();
            }
        }
    }

    /** The same keystroke often stops both; the class's check finds nothing at WARN. */
    @Test
    void raisesNoAlarmWhenTheBackendDiesBeforeItIsReached() throws Exception {
        UnansweredPort dying = new UnansweredPort();
        HttpsPort port = HttpsPort.start(PROXIES, dying.address());
        try (RawClient client = port.connect()) {
            client.send(GET);
            await().until(() -> port.dialled() == 1);
            CompletableFuture<Void> drained = drain(port);
            dying.close();
            Reply reply = Reply.read(client);
            assertThat(reply.status()).isEqualTo(502);
            assertThat(reply.header("connection")).isEqualTo("close");
            client.close();
            drained.get(5, TimeUnit.SECONDS);
        }
    }

    @Test
    void raisesNoAlarmWhenTheBackendDiesBeforeItAnswers() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch die = new CountDownLatch(1);
        try (ScriptedUpstream dying = ScriptedUpstream.start(connection -> {
            connection.readUntil("\r\n\r\n");
            asked.countDown();
            die.await();
            connection.reset();
        })) {
            HttpsPort port = HttpsPort.start(PROXIES, dying.address());
            try (RawClient client = port.connect()) {
                client.send(GET);
                assertThat(asked.await(5, TimeUnit.SECONDS)).isTrue();
                CompletableFuture<Void> drained = drain(port);
                die.countDown();
                assertThat(Reply.read(client).status()).isEqualTo(502);
                client.close();
                drained.get(5, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void raisesNoAlarmWhenItIsCutWhileItDials() throws Exception {
        try (UnansweredPort dead = new UnansweredPort()) {
            HttpsPort port = HttpsPort.start(PROXIES, dead.address());
            try (RawClient client = port.connect()) {
                client.send(GET);
                await().until(() -> port.dialled() == 1);
                port.proxy().stop();
                assertThat(client.readAll()).isEmpty();
                await().untilAsserted(() ->
                        assertThat(port.requests()).extracting(Request::status).containsExactly(499));
            }
        }
    }

    private static CompletableFuture<Void> drain(HttpsPort port) {
        return port.proxy().plane().drain(Duration.ofSeconds(20)).toCompletableFuture();
    }
}
