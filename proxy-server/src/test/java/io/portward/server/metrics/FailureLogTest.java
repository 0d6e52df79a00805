package io.portward.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.portward.config.model.PortConfig;
import io.portward.config.model.PortProtocol;
import io.portward.core.observe.ConnectionInfo;
import io.portward.core.observe.HandshakeFailure;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class FailureLogTest {

    private static final PortConfig PORT = MetricsObserverTest.port("127.0.0.1:443", PortProtocol.TLS, List.of());
    private static final InetSocketAddress CLIENT = new InetSocketAddress(InetAddress.getLoopbackAddress(), 50_000);

    private final Logger logger = (Logger) LoggerFactory.getLogger(FailureLog.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final FailureLog log = new FailureLog("443");

    @BeforeEach
    void listen() {
        lines.start();
        logger.addAppender(lines);
        logger.setLevel(Level.INFO);
        logger.setAdditive(false);
    }

    @AfterEach
    void stopListening() {
        logger.detachAppender(lines);
        logger.setLevel(null);
        logger.setAdditive(true);
    }

    @Test
    void tellsTheFirstFailureAndCountsTheOthers() {
        fail(HandshakeFailure.NOT_TLS, "SSH-2.0-");
        for (int i = 0; i < 1000; i++) {
            fail(HandshakeFailure.PLAIN_HTTP, "GET /");
        }
        fail(HandshakeFailure.RESET, "");
        log.summarise();

        assertThat(messages())
                .containsExactly(
                        "port 443: handshake with 127.0.0.1:50000 failed: not_tls (SSH-2.0-)",
                        "port 443: 1001 more failed handshakes: plain_http 1000, reset 1");
    }

    @Test
    void saysNothingWhenNothingFailed() {
        log.summarise();

        assertThat(messages()).isEmpty();
    }

    @Test
    void tellsAFirstFailureAgainAfterEachSummary() {
        fail(HandshakeFailure.RESET, "one");
        log.summarise();
        fail(HandshakeFailure.RESET, "two");
        log.summarise();

        assertThat(messages()).hasSize(2).allMatch(line -> line.contains("failed: reset"));
    }

    @Test
    void tellsEveryFailureOnceAtDebug() {
        logger.setLevel(Level.DEBUG);
        fail(HandshakeFailure.RESET, "one");
        fail(HandshakeFailure.RESET, "two");

        assertThat(messages())
                .containsExactly(
                        "port 443: handshake with 127.0.0.1:50000 failed: reset (one)",
                        "port 443: handshake with 127.0.0.1:50000 failed: reset (two)");
        assertThat(lines.list).extracting(ILoggingEvent::getLevel).containsExactly(Level.INFO, Level.DEBUG);
        assertThat(lines.list).allMatch(event -> event.getThrowableProxy() == null);
    }

    private void fail(HandshakeFailure reason, String detail) {
        log.failed(reason, new ConnectionInfo(PORT, CLIENT, CLIENT), detail);
    }

    private List<String> messages() {
        return lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }
}
