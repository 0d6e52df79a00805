package io.portward.core.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.NetUtil;
import io.portward.config.model.AddressRange;
import io.portward.core.observe.ConnectionInfo;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ForwardingTest {

    private static Forwarding from(InetAddress client, AddressRange... trusted) {
        InetSocketAddress local = new InetSocketAddress(InetAddress.getLoopbackAddress(), 8443);
        return new Forwarding(new ConnectionInfo(null, new InetSocketAddress(client, 1), local), List.of(trusted));
    }

    private static InetAddress address(String literal) {
        return NetUtil.createInetAddressFromIpAddressString(literal);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "192.0.2.7 | a.test | 192.0.2.7 | for=192.0.2.7;host=a.test;proto=https",
                "192.0.2.7 | a.test:8443 | 192.0.2.7 | for=192.0.2.7;host=\"a.test:8443\";proto=https",
                "2001:db8::7 | [::1] | 2001:db8::7 | for=\"[2001:db8::7]\";host=\"[::1]\";proto=https",
                "192.0.2.7 | '' | 192.0.2.7 | for=192.0.2.7;proto=https"
            })
    void tellsWhoAskedAndHow(String client, String authority, String xff, String forwarded) {
        HttpHeaders headers = new DefaultHttpHeaders();
        from(address(client)).apply(headers, authority);
        assertThat(headers.get("x-forwarded-for")).isEqualTo(xff);
        assertThat(headers.get("forwarded")).isEqualTo(forwarded);
        assertThat(headers.get("x-forwarded-proto")).isEqualTo("https");
        assertThat(headers.get("x-forwarded-port")).isEqualTo("8443");
        assertThat(headers.get("x-forwarded-host")).isEqualTo(authority.isEmpty() ? null : authority);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "203.0.113.5 | 203.0.113.5",
                "203.0.113.5:5678 | 203.0.113.5",
                "[2001:db8::5] | 2001:db8::5",
                "[2001:db8::5]:5678 | 2001:db8::5",
                "\"[2001:db8::5]\" | 2001:db8::5",
                "\"[2001:db8::5]:5678\" | 2001:db8::5",
                "\"203.0.113.5:5678\" | 203.0.113.5",
                "2001:db8::5 | 2001:db8::5",
                "1.1.1.1, 203.0.113.5:5678 , 192.0.2.7:80 | 203.0.113.5",
                "203.0.113.5, , 192.0.2.7 | 203.0.113.5",
                "203.0.113.5, | 203.0.113.5",
                "192.0.2.7 | -",
                "203.0.113.5:x | -",
                "203.0.113.5: | -",
                "203.0.113.5:123456 | -",
                "[203.0.113.5]:80 | -",
                "[2001:db8::5]x | -",
                "[2001:db8::5 | -",
                "2001:db8::5]:1 | -",
                "[] | -",
                "\" | -",
                "unknown | -",
                "'' | -"
            })
    void knowsWhoAsksBehindTrustedProxies(String forwardedFor, String asker) {
        Forwarding forwarding = from(address("192.0.2.7"), AddressRange.parse("192.0.2.0/24"));
        HttpHeaders headers = new DefaultHttpHeaders().add("X-Forwarded-For", forwardedFor);
        InetAddress expected = asker == null ? null : address(asker);
        assertThat(forwarding.asker(headers)).isEqualTo(expected);
        assertThat(from(address("192.0.2.7")).asker(headers)).isEqualTo(address("192.0.2.7"));
        forwarding.apply(headers, "a.test");
        assertThat(forwarding.asker(headers)).as("with the peer's address").isEqualTo(expected);
    }

    @Test
    void takesTheLastFieldOfSeveral() {
        HttpHeaders headers = new DefaultHttpHeaders()
                .add("X-Forwarded-For", "203.0.113.1, 203.0.113.2")
                .add("X-Forwarded-For", "203.0.113.3")
                .add("X-Forwarded-For", "192.0.2.9");
        assertThat(from(address("192.0.2.7"), AddressRange.parse("192.0.2.0/24"))
                        .asker(headers))
                .isEqualTo(address("203.0.113.3"));
        assertThat(from(address("192.0.2.7"), AddressRange.parse("192.0.2.0/24"))
                        .asker(new DefaultHttpHeaders()))
                .isNull();
    }

    @Test
    void keepsTheZoneOfALinkLocalAddressToItself() throws UnknownHostException {
        InetAddress linkLocal =
                Inet6Address.getByAddress(null, address("fe80::1").getAddress(), 3);
        HttpHeaders headers = new DefaultHttpHeaders();
        from(linkLocal).apply(headers, "a");
        assertThat(headers.get("x-forwarded-for")).isEqualTo("fe80::1");
    }

    @Test
    void makesADifferentForwardedForEachHostOfAConnection() {
        Forwarding forwarding = from(address("192.0.2.7"));
        for (String host : List.of("a.test", "b.test", "b.test", "a.test")) {
            HttpHeaders headers = new DefaultHttpHeaders();
            forwarding.apply(headers, host);
            assertThat(headers.get("forwarded")).contains("host=" + host + ";");
        }
    }

    @Test
    void makesIdsThatDiffer() {
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            ids.add(Forwarding.newId().toString());
        }
        assertThat(ids).hasSize(1000).allMatch(id -> id.matches("[0-9a-f]{32}"));
    }
}
