package io.portward.config.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What records refuse when they are made without the reader. */
class RecordChecksTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final TimeoutConfig TIMEOUTS = new TimeoutConfig(SECOND, SECOND, SECOND, SECOND);

    @Test
    void refuseValuesOutOfRange() {
        assertThatIllegalArgumentException().isThrownBy(() -> new TimeoutConfig(SECOND, Duration.ZERO, SECOND, SECOND));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TimeoutConfig(SECOND, SECOND, SECOND, SECOND, -1, SECOND));
        assertThatIllegalArgumentException().isThrownBy(() -> new TicketConfig(SECOND, Duration.ofMillis(999)));
        assertThatIllegalArgumentException().isThrownBy(() -> new TicketConfig(Duration.ZERO, SECOND));
        assertThatIllegalArgumentException().isThrownBy(() -> new LimitConfig(1, 0, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new LimitConfig(1, 1, 1, 0L));
        assertThatIllegalArgumentException().isThrownBy(() -> new LimitConfig(1, 1, 1, null, 0, PerAddressConfig.NONE));
        assertThatIllegalArgumentException().isThrownBy(() -> new PerAddressConfig(1, 0, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new ShutdownConfig(SECOND.negated()));
        assertThatIllegalArgumentException().isThrownBy(() -> new HstsConfig(SECOND.negated(), false, false));
        assertThatIllegalArgumentException().isThrownBy(() -> new ServerConfig("a:1", "a", 1, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new ServerConfig("a:1", "a", 65536, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new ListenAddress("x", null, -1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TlsConfig(
                        TlsPolicy.MODERN, UnknownNames.REJECT, Duration.ZERO, new TicketConfig(SECOND, SECOND)));
    }

    @Test
    void copyTheirLists() {
        List<ServerConfig> servers = new ArrayList<>(List.of(new ServerConfig("a:1", "a", 1, 1)));
        BackendConfig backend = new BackendConfig("b", servers, BackendProtocol.HTTP1, ProxyProtocol.NONE, TIMEOUTS);
        servers.clear();

        assertThat(backend.servers()).hasSize(1);
        assertThatThrownBy(() -> backend.servers().clear()).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void keepBackendsInTheOrderOfTheFile() {
        Map<String, BackendConfig> backends = new LinkedHashMap<>();
        for (String name : List.of("z", "a", "m")) {
            backends.put(name, new BackendConfig(name, List.of(), BackendProtocol.HTTP1, ProxyProtocol.NONE, TIMEOUTS));
        }
        Configuration configuration = new Configuration(
                List.of(),
                new TlsConfig(TlsPolicy.MODERN, UnknownNames.REJECT, SECOND, new TicketConfig(SECOND, SECOND)),
                List.of(),
                backends,
                null,
                List.of(),
                new ShutdownConfig(SECOND),
                new LogConfig(LogConfig.Level.INFO, LogConfig.Format.TEXT),
                TIMEOUTS,
                new LimitConfig(1, 1, 1),
                null);
        backends.clear();

        assertThat(configuration.backends().keySet()).containsExactly("z", "a", "m");
        assertThatThrownBy(() -> configuration.backends().clear()).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void betweenPortAndBackendTheIdleTimeThatWasSetCounts() {
        assertThat(idleBetween(75, 75)).hasSeconds(75);
        assertThat(idleBetween(600, 75)).hasSeconds(600);
        assertThat(idleBetween(75, 600)).hasSeconds(600);
        assertThat(idleBetween(10, 75)).hasSeconds(10);
        assertThat(idleBetween(75, 10)).hasSeconds(10);
        assertThat(idleBetween(600, 10)).hasSeconds(10);
        assertThat(idleBetween(10, 600)).hasSeconds(10);
    }

    /** With 75 seconds in the file. */
    private static Duration idleBetween(int port, int backend) {
        TimeoutConfig effective = idle(port).towards(idle(backend), idle(75));
        assertThat(effective.tcpIdle()).isEqualTo(effective.idle());
        return effective.idle();
    }

    private static TimeoutConfig idle(int seconds) {
        Duration idle = Duration.ofSeconds(seconds);
        return new TimeoutConfig(Duration.ofSeconds(60), idle, Duration.ofSeconds(5), idle);
    }
}
