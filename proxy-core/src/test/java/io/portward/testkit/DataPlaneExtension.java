package io.portward.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.portward.config.model.Configuration;
import io.portward.config.pem.PemLoader;
import io.portward.config.validate.ConfigurationException;
import io.portward.config.yaml.ConfigLoader;
import io.portward.core.connection.DataPlane;
import io.portward.core.connection.StartException;
import io.portward.core.transport.Transport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.slf4j.LoggerFactory;

/**
 * Starts data planes for the tests of a class from configuration texts, and checks after each test what always holds:
 *
 * <ul>
 *   <li>every connection ends,
 *   <li>every connection on a TLS port came to exactly one finished handshake, one failure or one backend that it was passed through to,
 *   <li>nothing was logged at WARN or above, unless the test said {@link #expectWarnings}.
 * </ul>
 *
 * <p>To be registered in a static field. The certificates of {@link #pki} lie in the folder that relative paths of a configuration start
 * from. One event loop serves unless the test brings more, so that tests meet no order of events they cannot repeat.
 */
public final class DataPlaneExtension
        implements BeforeAllCallback, AfterAllCallback, BeforeEachCallback, AfterEachCallback {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final List<RunningProxy> running = new ArrayList<>();
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private Path directory;
    private TestPki pki;
    private boolean warningsExpected;

    /** The authority of the class. */
    public TestPki pki() {
        return pki;
    }

    /**
     * Starts a data plane.
     *
     * @param yaml the configuration, with {@link String#format} placeholders for {@code arguments}
     */
    public RunningProxy start(String yaml, Object... arguments) {
        return start(String.format(Locale.ROOT, yaml, arguments));
    }

    public RunningProxy start(String yaml) {
        return start(parse(yaml));
    }

    /** The same on a transport of the test's choice, which ends with the proxy. */
    public RunningProxy startOn(Transport transport, String yaml, Object... arguments) {
        return start(parse(yaml, arguments), transport);
    }

    /** Reads a configuration as {@link #start} does, and starts nothing. */
    public Configuration parse(String yaml, Object... arguments) {
        return parse(String.format(Locale.ROOT, yaml, arguments));
    }

    private Configuration parse(String yaml) {
        try {
            return new ConfigLoader().parse(yaml, "test.yaml", directory).configuration();
        } catch (ConfigurationException e) {
            throw new AssertionError(e.getMessage(), e);
        }
    }

    public RunningProxy start(Configuration configuration) {
        return start(configuration, Transport.open(1));
    }

    private RunningProxy start(Configuration configuration, Transport transport) {
        RecordingObserver observer = new RecordingObserver(configuration.accessLog() != null);
        // Certificates made expired on purpose have to load.
        Clock past = Clock.fixed(Clock.systemUTC().instant().minus(Duration.ofHours(2)), ZoneOffset.UTC);
        try {
            DataPlane plane = DataPlane.start(configuration, new PemLoader(past, false), transport, observer);
            RunningProxy proxy = new RunningProxy(plane, transport, observer);
            running.add(proxy);
            return proxy;
        } catch (StartException e) {
            transport.close();
            throw new AssertionError(e.getMessage(), e);
        }
    }

    /** The current test makes the data plane warn. */
    public void expectWarnings() {
        warningsExpected = true;
    }

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        directory = Files.createTempDirectory("portward-test");
        pki = new TestPki(directory);
        log.start();
        root().addAppender(log);
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        log.list.clear();
        warningsExpected = false;
    }

    @Override
    public void afterEach(ExtensionContext context) {
        try {
            for (RunningProxy proxy : running) {
                proxy.stop();
                await().atMost(PATIENCE).untilAsserted(() -> checkSums(proxy));
            }
            // The end of the event loops must be quiet too.
            running.forEach(RunningProxy::closeTransport);
            if (!warningsExpected) {
                assertThat(warnings()).isEmpty();
            }
        } finally {
            running.forEach(RunningProxy::closeTransport);
            running.clear();
        }
    }

    /** What was logged at WARN or above so far, with the level in brackets. */
    public List<String> warnings() {
        return List.copyOf(log.list).stream()
                .filter(event -> event.getLevel().isGreaterOrEqual(Level.WARN))
                .map(event -> event
                        + (event.getThrowableProxy() == null
                                ? ""
                                : " " + event.getThrowableProxy().getClassName() + ": "
                                        + event.getThrowableProxy().getMessage()))
                .toList();
    }

    private static void checkSums(RunningProxy proxy) {
        for (int i = 0; i < proxy.plane().boundPorts().size(); i++) {
            RecordingObserver.Port port = proxy.port(i);
            assertThat(port.closedCount()).as("closed connections").isEqualTo(port.acceptedCount());
            if (proxy.plane().boundPorts().get(i).config().protocol().isTls()) {
                assertThat(port.handshakes().size()
                                + port.failures().size()
                                + port.passedThrough().size())
                        .as(
                                "finished %s, failed %s and passed through %s",
                                port.handshakes(), port.failures(), port.passedThrough())
                        .isEqualTo(port.acceptedCount());
            }
        }
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        root().detachAppender(log);
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }

    private static Logger root() {
        return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    }
}
