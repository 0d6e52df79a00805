package io.portward.core.limit;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.config.model.AddressRange;
import io.portward.config.model.IpLiteral;
import io.portward.config.model.PerAddressConfig;
import java.net.InetAddress;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class AddressLimitsTest {

    private static final InetAddress HERE = address("192.0.2.1");
    private static final InetAddress THERE = address("192.0.2.2");

    private long now = -1;

    private static InetAddress address(String text) {
        return Objects.requireNonNull(IpLiteral.parse(text));
    }

    private AddressLimits limits(Integer connections, Integer newConnections, Integer requests, String... trusted) {
        return new AddressLimits(
                new PerAddressConfig(connections, newConnections, requests),
                List.of(trusted).stream().map(AddressRange::parse).toList(),
                () -> now);
    }

    private static int asked(AddressLimits limits, InetAddress client, int times) {
        int answered = 0;
        for (int i = 0; i < times; i++) {
            answered += limits.ask(client) ? 1 : 0;
        }
        return answered;
    }

    @Test
    void boundsNothingUnlessAsked() {
        AddressLimits limits = limits(null, null, null);
        assertThat(limits.boundConnections()).isFalse();
        assertThat(limits.boundRequests()).isFalse();
        assertThat(asked(limits, HERE, 1000)).isEqualTo(1000);
    }

    @Test
    void countsOpenConnectionsAndForgetsAddressesWithoutAny() {
        AddressLimits limits = limits(2, null, null);
        assertThat(limits.connect(HERE)).isNull();
        assertThat(limits.connect(HERE)).isNull();
        assertThat(limits.connect(HERE)).contains("connections");
        assertThat(limits.connect(THERE)).isNull();
        limits.disconnect(HERE);
        assertThat(limits.connect(HERE)).isNull();
        limits.disconnect(HERE);
        limits.disconnect(HERE);
        limits.disconnect(THERE);
        assertThat(limits.addresses()).isZero();
    }

    @Test
    void givesOneSecondsWorthAtOnceAndTheRestEvenly() {
        AddressLimits limits = limits(null, null, 10);
        assertThat(asked(limits, HERE, 30)).isEqualTo(10);
        assertThat(asked(limits, THERE, 30)).isEqualTo(10);
        now += TimeUnit.MILLISECONDS.toNanos(99);
        assertThat(asked(limits, HERE, 5)).isZero();
        now += TimeUnit.MILLISECONDS.toNanos(1);
        assertThat(asked(limits, HERE, 5)).isEqualTo(1);
        now += TimeUnit.MILLISECONDS.toNanos(350);
        assertThat(asked(limits, HERE, 5)).isEqualTo(3);
        now += TimeUnit.HOURS.toNanos(1);
        assertThat(asked(limits, HERE, 30)).isEqualTo(10);
    }

    @Test
    void countsARefusedConnectionAsNone() {
        AddressLimits limits = limits(5, 1, null);
        assertThat(limits.connect(HERE)).isNull();
        for (int i = 0; i < 10; i++) {
            assertThat(limits.connect(HERE)).contains("newConnectionsPerSecond");
        }
        now += TimeUnit.SECONDS.toNanos(1);
        assertThat(limits.connect(HERE)).isNull();
        limits.disconnect(HERE);
        limits.disconnect(HERE);
        assertThat(limits.addresses()).isZero();
    }

    @Test
    void takesAnIpv6NetworkForOneClient() {
        AddressLimits limits = limits(null, null, 1);
        assertThat(limits.ask(address("2001:db8:0:1::1"))).isTrue();
        assertThat(limits.ask(address("2001:db8:0:1:ffff::2"))).isFalse();
        assertThat(limits.ask(address("2001:db8:0:2::1"))).isTrue();
    }

    @Test
    void exemptsTrustedProxies() {
        AddressLimits limits = limits(1, 1, 1, "192.0.2.0/31");
        for (int i = 0; i < 10; i++) {
            assertThat(limits.connect(HERE)).isNull();
            assertThat(limits.ask(HERE)).isTrue();
        }
        for (int i = 0; i < 10; i++) {
            limits.disconnect(HERE);
        }
        assertThat(limits.connect(THERE)).isNull();
        assertThat(limits.connect(THERE)).isNotNull();
    }

    /** More addresses than the table has places: the busy one is not forgotten for those that come once. */
    @Test
    void keepsTheBusiestWhenTheTableIsFull() {
        AddressLimits limits = limits(null, null, 10);
        assertThat(asked(limits, HERE, 10)).isEqualTo(10);
        for (int i = 0; i < 200_000; i++) {
            limits.ask(address("10." + (i >> 16) + "." + (i >> 8 & 0xff) + "." + (i & 0xff)));
        }
        assertThat(limits.ask(HERE)).isFalse();
    }
}
