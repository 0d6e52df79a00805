package io.portward.core.proxyprotocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.portward.config.model.ProxyProtocol;
import io.portward.core.observe.ConnectionInfo;
import io.portward.core.observe.TlsInfo;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Golden bytes, worked out by hand from proxy-protocol.txt §2.1 and §2.2. */
class ProxyHeaderTest {

    private static final TlsInfo TLS =
            new TlsInfo("TLSv1.3", "TLS_AES_128_GCM_SHA256", "X25519", false, "imap", "mail.test");
    private static final TlsInfo BARE =
            new TlsInfo("TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "P-256", false, TlsInfo.NONE, null);

    private static byte[] encode(ProxyProtocol version, String client, int port, String local, TlsInfo tls) {
        try {
            ConnectionInfo connection = new ConnectionInfo(
                    null,
                    new InetSocketAddress(InetAddress.getByName(client), port),
                    new InetSocketAddress(InetAddress.getByName(local), 993));
            ByteBuf header = ProxyHeader.encode(UnpooledByteBufAllocator.DEFAULT, version, connection, tls);
            byte[] bytes = ByteBufUtil.getBytes(header);
            header.release();
            return bytes;
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.7, 51000, 198.51.100.1, PROXY TCP4 192.0.2.7 198.51.100.1 51000 993",
        "255.255.255.255, 65535, 255.255.255.255, PROXY TCP4 255.255.255.255 255.255.255.255 65535 993",
        "2001:db8::7, 51000, 2001:db8::1, PROXY TCP6 2001:db8::7 2001:db8::1 51000 993"
    })
    void version1(String client, int port, String local, String line) {
        byte[] header = encode(ProxyProtocol.V1, client, port, local, TLS);
        assertThat(new String(header, StandardCharsets.US_ASCII)).isEqualTo(line + "\r\n");
        assertThat(header.length).as("§2.1").isLessThanOrEqualTo(107);
    }

    @Test
    void version2OverIpv4WithWhatTlsAgreedOn() {
        assertThat(ByteBufUtil.hexDump(encode(ProxyProtocol.V2, "192.0.2.7", 51000, "198.51.100.1", TLS)))
                .isEqualTo(
                        "0d0a0d0a000d0a515549540a" // signature
                                + "21" + "11" // version 2, PROXY; TCP over IPv4
                                + "004a" // length of what follows: 12 + 7 + 12 + 43
                                + "c0000207" + "c6336401" + "c738" + "03e1"
                                + "01" + "0004" + "696d6170" // ALPN imap
                                + "02" + "0009" + "6d61696c2e74657374" // authority mail.test
                                + "20" + "0028" // SSL, 5 + 10 + 25 bytes
                                + "01" + "00000001" // client connected over SSL; no certificate verified
                                + "21" + "0007" + "544c5376312e33" // TLSv1.3
                                + "23" + "0016" + "544c535f4145535f3132385f47434d5f534841323536");
    }

    @Test
    void version2OverIpv6WithoutNameOrAlpn() {
        assertThat(ByteBufUtil.hexDump(encode(ProxyProtocol.V2, "2001:db8::7", 51000, "2001:db8::1", BARE)))
                .isEqualTo("0d0a0d0a000d0a515549540a" + "21" + "21"
                        + "005e" // 36 + 58
                        + "20010db8000000000000000000000007" + "20010db8000000000000000000000001" + "c738" + "03e1"
                        + "20" + "0037" + "01" + "00000001"
                        + "21" + "0007" + "544c5376312e32"
                        + "23" + "0025"
                        + ByteBufUtil.hexDump(
                                "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256".getBytes(StandardCharsets.US_ASCII)));
    }

    @Test
    void noneIsEmpty() {
        assertThat(encode(ProxyProtocol.NONE, "192.0.2.7", 1, "198.51.100.1", TLS))
                .isEmpty();
    }
}
