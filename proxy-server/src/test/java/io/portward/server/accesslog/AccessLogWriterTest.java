package io.portward.server.accesslog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.portward.config.model.AccessLogConfig;
import io.portward.config.model.PortProtocol;
import io.portward.config.model.RotateConfig;
import io.portward.core.observe.ConnectionInfo;
import io.portward.core.observe.HandshakeFailure;
import io.portward.core.observe.PortObserver;
import io.portward.core.observe.TicketCounters;
import io.portward.server.metrics.MetricsObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

@Timeout(30)
class AccessLogWriterTest {

    /** Takes lines when the test lets it. */
    private static final class SlowSink implements LineSink {

        private final List<String> taken = new CopyOnWriteArrayList<>();
        private final CountDownLatch open = new CountDownLatch(1);
        private volatile boolean broken;
        private volatile boolean closed;

        @Override
        public void write(byte[] lines) throws IOException {
            try {
                open.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            if (broken) {
                throw new IOException("broken");
            }
            taken.add(new String(lines, StandardCharsets.UTF_8));
        }

        @Override
        public void tick() {}

        @Override
        public void close() {
            closed = true;
        }

        String text() {
            return String.join("", taken);
        }

        long lines() {
            return text().chars().filter(c -> c == '\n').count();
        }
    }

    @TempDir
    Path folder;

    private final SlowSink sink = new SlowSink();
    private final AccessLogWriter log = new AccessLogWriter(new JsonLines(false), sink, Clock.systemUTC());
    private final ListAppender<ILoggingEvent> said = new ListAppender<>();

    @BeforeEach
    void listen() {
        said.start();
        logger().addAppender(said);
    }

    @AfterEach
    void stop() {
        sink.open.countDown();
        log.close();
        logger().detachAppender(said);
    }

    private static Logger logger() {
        return (Logger) LoggerFactory.getLogger(AccessLogWriter.class);
    }

    private List<String> said() {
        return List.copyOf(said.list).stream().map(ILoggingEvent::toString).toList();
    }

    @Test
    void writesWhatIsQueuedBeforeItEnds() {
        sink.open.countDown();
        log.start();
        for (int i = 0; i < 1000; i++) {
            log.add(Records.get("/" + i));
        }
        log.close();

        assertThat(sink.lines()).isEqualTo(1000);
        assertThat(sink.text().indexOf("\"path\":\"/1\""))
                .isLessThan(sink.text().indexOf("\"path\":\"/999\""));
        assertThat(sink.closed).isTrue();
        assertThat(List.of(log.written(), log.dropped(), log.lost())).containsExactly(1000L, 0L, 0L);
    }

    @Test
    void dropsAndCountsWhatFindsTheQueueFullAndBlocksNobody() {
        log.start();
        int count = AccessLogWriter.CAPACITY + 50_000;
        for (int i = 0; i < count; i++) {
            log.add(Records.get("/"));
        }
        assertThat(log.dropped()).isPositive();
        assertThat(log.written()).isZero();
        sink.open.countDown();
        log.close();

        assertThat(log.written() + log.dropped()).isEqualTo(count);
        assertThat(sink.lines()).isEqualTo(log.written());
        assertThat(log.written()).isGreaterThanOrEqualTo(AccessLogWriter.CAPACITY);
    }

    @Test
    void takesNoLongerThanAMomentForALine() {
        sink.open.countDown();
        log.start();
        log.add(Records.get("/"));

        await().until(() -> sink.lines() == 1);
    }

    @Test
    void countsLinesThatCannotBeWrittenAndSaysSoOnce() {
        sink.broken = true;
        sink.open.countDown();
        log.start();
        for (long i = 1; i <= 3; i++) {
            log.add(Records.get("/"));
            long lines = i;
            await().until(() -> log.lost() == lines);
        }
        sink.broken = false;
        log.add(Records.get("/"));
        await().until(() -> log.written() == 1);

        assertThat(said())
                .containsExactly(
                        "[ERROR] access log cannot be written, lines are being lost: java.io.IOException: broken",
                        "[WARN] access log is written again; lines lost: 3");
    }

    @Test
    void survivesARecordThatCannotBeWrittenDown() {
        sink.open.countDown();
        log.start();
        log.add(Records.get("/before"));
        log.add(Records.failure(null));
        log.add(Records.get("/after"));
        await().until(() -> log.written() == 2);

        assertThat(log.lost()).isEqualTo(1);
        assertThat(sink.text()).contains("/after").doesNotContain("handshakeFailure");
    }

    @Test
    void saysAtTheEndThatItsOutputTakesNothing() {
        log.start();
        log.add(Records.get("/"));
        log.close();

        assertThat(said()).singleElement().asString().contains("its output takes nothing");
    }

    @Test
    void tellsAtOnceWhatIsWrongWithTheFile() throws IOException {
        Files.createFile(folder.resolve("file"));

        assertThatThrownBy(() -> open(folder.resolve("missing/access.log")))
                .isInstanceOf(IOException.class)
                .hasMessage("access log: cannot open '" + folder + "/missing/access.log': there is no such directory");
        assertThatThrownBy(() -> open(folder.resolve("file/access.log")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("Not a directory");
    }

    private static AccessLogWriter open(Path file) throws IOException {
        return AccessLogWriter.open(
                new AccessLogConfig(AccessLogConfig.Format.JSON, file, RotateConfig.DEFAULT, false));
    }

    @Test
    void writesToTheFileOfTheConfiguration() throws IOException {
        Path file = folder.resolve("access.log");
        AccessLogWriter written = AccessLogWriter.open(
                new AccessLogConfig(AccessLogConfig.Format.COMBINED, file, RotateConfig.DEFAULT, false));
        written.add(Records.get("/a"));
        written.add(Records.tcp());
        written.close();

        assertThat(Files.readAllLines(file)).singleElement().asString().contains("\"GET /a HTTP/2.0\"");
        assertThat(written.written()).isEqualTo(1);
    }

    @Test
    void aFloodOfFailedHandshakesGetsFewLinesAndACount() {
        sink.open.countDown();
        log.start();
        int count = 5_000;
        try (MetricsObserver metrics = new MetricsObserver()) {
            PortObserver port =
                    new LoggingObserver(metrics, log).port(Records.port(PortProtocol.HTTPS), TicketCounters.NONE);
            InetSocketAddress client = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
            for (int i = 0; i < count; i++) {
                port.handshakeFailed(
                        HandshakeFailure.NOT_TLS,
                        new ConnectionInfo(Records.port(PortProtocol.HTTPS), client, client, port.trace(client)),
                        "");
            }
            log.close();

            assertThat(metrics.scrape()).contains("reason=\"not_tls\"} " + (double) count);
        }
        long lines = Pattern.compile("\"handshakeFailure\"")
                .matcher(sink.text())
                .results()
                .count();
        long leftOut = Pattern.compile("LeftOut\",\"listener\":\"0.0.0.0:443\",\"count\":(\\d+)")
                .matcher(sink.text())
                .results()
                .mapToLong(found -> Long.parseLong(found.group(1)))
                .sum();
        assertThat(lines).isBetween((long) FailureLines.PER_SECOND, 10L * FailureLines.PER_SECOND);
        assertThat(lines + leftOut).isEqualTo(count);
    }

    @Test
    void eachSecondHasItsOwnLines() {
        AtomicLong nanos = new AtomicLong();
        FailureLines failures = new FailureLines("443", nanos::get);
        for (int second = 0; second < 3; second++) {
            nanos.set(second * 1_000_000_000L);
            assertThat(IntStream.range(0, 25).filter(i -> failures.mayTell()).count())
                    .isEqualTo(FailureLines.PER_SECOND);
        }

        assertThat(failures.takeLeftOut()).isEqualTo(15);
        assertThat(failures.takeLeftOut()).isZero();
    }

    @Test
    void aPortThatIsSwitchedOffIsLeftAlone() {
        try (MetricsObserver metrics = new MetricsObserver()) {
            PortObserver on =
                    new LoggingObserver(metrics, log).port(Records.port(PortProtocol.HTTPS), TicketCounters.NONE);
            PortObserver off =
                    new LoggingObserver(metrics, log).port(Records.silent(PortProtocol.HTTPS), TicketCounters.NONE);

            InetSocketAddress client = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
            assertThat(on.trace(client)).isNotNull();
            assertThat(off.trace(client)).isNull();
        }
    }
}
