package io.portward.core.proxyprotocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.portward.core.proxyprotocol.ProxyHeaderParser.Kind;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The examples and limits of proxy-protocol.txt §2.1 and §2.2, and what a forger might try. */
class ProxyHeaderParserTest {

    private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";
    private static final String FOUR = "c0000207c633640104d203e1"; // 192.0.2.7:1234 -> 198.51.100.1:993

    private static ProxyHeaderParser.Result parse(byte[] bytes) {
        ByteBuf in = Unpooled.wrappedBuffer(bytes);
        ProxyHeaderParser.Result result = ProxyHeaderParser.parse(in);
        assertThat(in.readerIndex()).isZero();
        in.release();
        return result;
    }

    private static byte[] line(String text) {
        return text.replace("\\r", "\r").replace("\\n", "\n").getBytes(StandardCharsets.ISO_8859_1);
    }

    @ParameterizedTest
    @CsvSource({
        "PROXY TCP4 192.0.2.7 198.51.100.1 1234 993\\r\\n, 192.0.2.7, 1234, 198.51.100.1, 993",
        "PROXY TCP4 255.255.255.255 0.0.0.0 65535 0\\r\\n, 255.255.255.255, 65535, 0.0.0.0, 0",
        "PROXY TCP6 2001:db8::7 ::1 1234 993\\r\\n, 2001:db8:0:0:0:0:0:7, 1234, 0:0:0:0:0:0:0:1, 993",
        "PROXY TCP6 ::ffff:192.0.2.7 ::ffff:192.0.2.8 1 2\\r\\n, 192.0.2.7, 1, 192.0.2.8, 2",
    })
    void readsVersion1(String header, String client, int clientPort, String local, int localPort) {
        byte[] bytes = line(header + "\\x16\\x03");
        ProxyHeaderParser.Result result = parse(bytes);
        assertThat(result.kind()).isEqualTo(Kind.HEADER);
        assertThat(result.client().getAddress().getHostAddress()).isEqualTo(client);
        assertThat(result.client().getPort()).isEqualTo(clientPort);
        assertThat(result.local().getAddress().getHostAddress()).isEqualTo(local);
        assertThat(result.local().getPort()).isEqualTo(localPort);
        assertThat(result.length()).isEqualTo(line(header).length);
    }

    static Stream<String> version2() {
        return Stream.of(
                SIGNATURE + "2111" + "000c" + FOUR,
                SIGNATURE + "2111" + "0013" + FOUR + "03000401020304", // with a CRC32C TLV
                SIGNATURE + "2121" + "0024" + "00000000000000000000ffffc0000207" + "00000000000000000000ffffc6336401"
                        + "04d203e1");
    }

    @ParameterizedTest
    @MethodSource
    void version2(String hex) {
        byte[] header = HexFormat.of().parseHex(hex + "160301");
        ProxyHeaderParser.Result result = parse(header);
        assertThat(result.kind()).isEqualTo(Kind.HEADER);
        assertThat(result.client()).hasToString("/192.0.2.7:1234");
        assertThat(result.local()).hasToString("/198.51.100.1:993");
        assertThat(result.length()).isEqualTo(header.length - 3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"2000" + "0000", "2011" + "000c" + FOUR, "2100" + "0000", "2100" + "0003" + "030000"})
    void takesTheSocketsAddressesWhereNoneAreNamed(String rest) {
        ProxyHeaderParser.Result result = parse(HexFormat.of().parseHex(SIGNATURE + rest));
        assertThat(result.kind()).isEqualTo(Kind.HEADER);
        assertThat(result.client()).isNull();
        assertThat(result.length()).isEqualTo(12 + rest.length() / 2);
        assertThat(parse(line("PROXY UNKNOWN\\r\\n")).kind()).isEqualTo(Kind.HEADER);
        assertThat(parse(line("PROXY UNKNOWN ffff::1 ffff::2 1 2\\r\\n")).client())
                .isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PROXY \\r\\n",
                "PROXY TCP4\\r\\n",
                "PROXY tcp4 192.0.2.7 198.51.100.1 1234 993\\r\\n",
                "PROXY TCP5 192.0.2.7 198.51.100.1 1234 993\\r\\n",
                "PROXY TCP4 192.0.2.7 198.51.100.1 1234\\r\\n",
                "PROXY TCP4 192.0.2.7 198.51.100.1 1234 993 5\\r\\n",
                "PROXY TCP4  192.0.2.7 198.51.100.1 1234 993\\r\\n",
                "PROXY TCP4 192.0.2.7 198.51.100.1 1234 993\\n",
                "PROXY TCP4 192.0.2.7 198.51.100.1 01234 993\\r\\n",
                "PROXY TCP4 192.0.2.7 198.51.100.1 +123 993\\r\\n",
                "PROXY TCP4 192.0.2.7 198.51.100.1 65536 993\\r\\n",
                "PROXY TCP4 192.0.2.007x 198.51.100.1 1234 993\\r\\n",
                "PROXY TCP4 ::1 ::1 1234 993\\r\\n",
                "PROXY TCP6 192.0.2.7 198.51.100.1 1234 993\\r\\n",
                "PROXY TCP6 fe80::1%eth0 ::1 1234 993\\r\\n",
                "PROXY TCP4 localhost 198.51.100.1 1234 993\\r\\n",
                "PROXY UNKNOWN 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789",
            })
    void refusesMalformedLines(String text) {
        assertThat(parse(line(text)).kind()).isEqualTo(Kind.MALFORMED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1111" + "000c" + FOUR, // version 1 in binary
                "2211" + "000c" + FOUR, // no such command
                "2112" + "000c" + FOUR, // UDP
                "2131" + "00d8", // Unix sockets
                "2111" + "000b", // shorter than the addresses
                "2121" + "000c" + FOUR,
                "2111" + "1001", // longer than we take
                "2111" + "ffff",
            })
    void refusesMalformedBinaries(String rest) {
        byte[] header = HexFormat.of().parseHex(SIGNATURE + rest);
        byte[] filled = Arrays.copyOf(header, header.length + 256);
        assertThat(parse(filled).kind()).isEqualTo(Kind.MALFORMED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u0016\u0003\u0001",
                "GET / HTTP/1.1",
                "POST",
                "PROPFIND",
                "PROXYTCP4",
                "\\r\\n\\r\\nX",
                "proxy "
            })
    void leavesOtherProtocolsAlone(String text) {
        assertThat(parse(line(text)).kind()).isEqualTo(Kind.ABSENT);
    }

    @Test
    void waitsForEveryPieceOfAHeader() {
        byte[] one = line("PROXY TCP4 192.0.2.7 198.51.100.1 1234 993\\r\\n");
        byte[] two = HexFormat.of().parseHex(SIGNATURE + "2111" + "000c" + FOUR);
        for (byte[] header : new byte[][] {one, two}) {
            for (int i = 0; i < header.length; i++) {
                assertThat(parse(Arrays.copyOf(header, i)).kind()).isEqualTo(Kind.INCOMPLETE);
            }
            assertThat(parse(header).kind()).isEqualTo(Kind.HEADER);
        }
    }
}
