package io.portward.config.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressTextTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "localhost",
                "1",
                "1.2.3",
                "1.2.3.4.5",
                "256.1.1.1",
                "01.2.3.4",
                "1.2.3.4 ",
                "0x7f.0.0.1",
                "2130706433",
                "::g",
                ":::",
                "1:2:3:4:5:6:7:8:9",
                "fe80::1%eth0",
                "[::1]",
                "a.example",
                ":",
                "....",
                "1.2.3.4:",
                "::1.2.3.256"
            })
    void literalsAreNothingElse(String text) {
        assertThat(IpLiteral.parse(text)).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "0.0.0.0,0.0.0.0",
        "255.255.255.255,255.255.255.255",
        "::,0:0:0:0:0:0:0:0",
        "2001:DB8::1,2001:db8:0:0:0:0:0:1"
    })
    void literalsAreReadWithoutANameServer(String text, String expected) {
        InetAddress address = IpLiteral.parse(text);
        assertThat(address).isNotNull();
        assertThat(address.getHostAddress()).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":",
                "a",
                "443:",
                "-1",
                "65536",
                "0443",
                "+443",
                " 443",
                "99999999999",
                "*:443",
                "0.0.0.0",
                "::1:443",
                "[::1]",
                "[::1]443",
                "[0.0.0.0]:1",
                "localhost:443",
                "[::1%lo]:443",
                "127.0.0.1:",
                "127.0.0.1:65536",
                "1.2.3.4:5:6",
                "\u0664\u0664\u0663"
            })
    void refusesOtherListenAddresses(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> ListenAddress.parse(text));
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:1,true",
        "127.9.9.9:1,true",
        "[::1]:1,true",
        "443,false",
        "0.0.0.0:1,false",
        "[::]:1,false",
        "192.0.2.1:1,false"
    })
    void knowsLoopbackAddresses(String text, boolean loopback) {
        assertThat(ListenAddress.parse(text).isLoopback()).isEqualTo(loopback);
    }

    @ParameterizedTest
    @CsvSource({
        "a:1,a,1",
        "app.internal:8080,app.internal,8080",
        "db_1:65535,db_1,65535",
        "127.0.0.1:80,127.0.0.1,80",
        "[::1]:80,::1,80",
        "a.:1,a.,1",
        "1a.example:1,1a.example,1"
    })
    void readsServers(String text, String host, int port) {
        assertThat(ServerConfig.parse(text, 3)).isEqualTo(new ServerConfig(text, host, port, 3));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a",
                ":1",
                "a:",
                "a:0",
                "a:65536",
                "::1:80",
                "[::1]",
                "[a]:1",
                "a b:1",
                "-a:1",
                "a..b:1",
                "http://a:1",
                "1.2.3:1",
                "256.0.0.1:1",
                "a/b:1",
                "user@a:1",
                "a:1/",
                "\u00fc:1",
                "8080"
            })
    void refusesOtherServers(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> ServerConfig.parse(text, 1));
    }

    @Test
    void rangesContainTheirOwnFamilyOnly() throws Exception {
        AddressRange range = AddressRange.parse("10.128.0.0/9");

        assertThat(range.contains(InetAddress.getByName("10.128.0.0"))).isTrue();
        assertThat(range.contains(InetAddress.getByName("10.255.255.255"))).isTrue();
        assertThat(range.contains(InetAddress.getByName("10.127.255.255"))).isFalse();
        assertThat(range.contains(InetAddress.getByName("::1"))).isFalse();
        assertThat(AddressRange.parse("0.0.0.0/0").contains(InetAddress.getByName("255.1.2.3")))
                .isTrue();
        assertThat(AddressRange.parse("::/0").contains(InetAddress.getByName("2001:db8::1")))
                .isTrue();
        assertThat(AddressRange.parse("192.0.2.1").contains(InetAddress.getByName("192.0.2.1")))
                .isTrue();
        assertThat(AddressRange.parse("192.0.2.1").contains(InetAddress.getByName("192.0.2.2")))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "/8",
                "10.0.0.0/",
                "10.0.0.0/33",
                "10.0.0.0/-1",
                "10.0.0.0/08",
                "::/129",
                "a/8",
                "10.0.0.0/8/8"
            })
    void refusesOtherRanges(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> AddressRange.parse(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.0/8", "192.0.2.1", "2001:db8:0:0:0:0:0:0/32", "0.0.0.0/0"})
    void writesRangesAsTheyAreRead(String text) {
        assertThat(AddressRange.parse(text)).hasToString(text);
    }
}
