package io.portward.core.http1;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.ScriptedUpstream;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** WebSocket over HTTP/1.1 (RFC 6455) from end to end. Key and accept are those of the RFC's §1.3. */
class WebSocketTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static final String OPENING =
            "GET /chat HTTP/1.1\r\nHost: web.test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: chat\r\n\r\n";
    private static final String ACCEPT =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n";

    /** A masked text frame "Hello" and the server's unmasked one (RFC 6455 §5.7). */
    private static final String CLIENT_FRAME = "\u0081\u00857\u00fa!=\u007f\u009fMQX";

    private static final String SERVER_FRAME = "\u0081\u0005Hello";

    private static ScriptedUpstream chat(String behindThe101) throws IOException {
        return ScriptedUpstream.start(connection -> {
            String request = connection.readUntil("\r\n\r\n");
            assertThat(Reply.field(request, "connection")).isEqualToIgnoringCase("upgrade");
            assertThat(Reply.field(request, "upgrade")).isEqualTo("websocket");
            assertThat(Reply.field(request, "sec-websocket-key")).isEqualTo("dGhlIHNhbXBsZSBub25jZQ==");
            connection.send(ACCEPT + behindThe101);
            while (true) {
                int first = connection.in().read();
                if (first < 0) {
                    connection.send("bye");
                    return;
                }
                assertThat((char) first + text(connection.read(CLIENT_FRAME.length() - 1)))
                        .isEqualTo(CLIENT_FRAME);
                connection.send(SERVER_FRAME);
            }
        });
    }

    private static String text(byte[] bytes) {
        return new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    @Test
    void relaysFramesBothWaysAndTheEnd() throws IOException {
        try (ScriptedUpstream origin = chat("")) {
            HttpsPort port = HttpsPort.start(PROXIES, origin.address());
            try (RawClient client = port.connect()) {
                Reply reply = Reply.read(client.send(OPENING));
                assertThat(reply.status()).isEqualTo(101);
                assertThat(reply.header("sec-websocket-accept")).isEqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
                assertThat(reply.header("sec-websocket-protocol")).isEqualTo("chat");
                assertThat(reply.header("upgrade")).isEqualTo("websocket");
                assertThat(reply.header("connection")).isEqualTo("upgrade");
                for (int i = 0; i < 3; i++) {
                    client.send(CLIENT_FRAME);
                    assertThat(text(client.read(SERVER_FRAME.length()))).isEqualTo(SERVER_FRAME);
                }
                client.endOutput();
                assertThat(client.readAllText()).isEqualTo("bye");
            }
            assertThat(port.requests()).extracting(request -> request.status()).containsExactly(101);
        }
    }

    @Test
    void losesNothingThatComesRightBehindThe101() throws IOException {
        try (ScriptedUpstream origin = chat(SERVER_FRAME + SERVER_FRAME);
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            assertThat(Reply.read(client.send(OPENING)).status()).isEqualTo(101);
            assertThat(text(client.read(2 * SERVER_FRAME.length()))).isEqualTo(SERVER_FRAME + SERVER_FRAME);
            client.send(CLIENT_FRAME);
            assertThat(text(client.read(SERVER_FRAME.length()))).isEqualTo(SERVER_FRAME);
        }
    }

    @Test
    void letsTheClientSpeakOnAfterTheBackendHasEnded() throws IOException {
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
                    connection.readUntil("\r\n\r\n");
                    connection.send(ACCEPT);
                    connection.endOutput();
                    assertThat(connection.readAllText()).isEqualTo(CLIENT_FRAME);
                });
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            assertThat(Reply.read(client.send(OPENING)).status()).isEqualTo(101);
            assertThat(client.readAll()).isEmpty();
            client.send(CLIENT_FRAME);
            client.endOutput();
        }
    }

    @Test
    void passesARefusalOnAndGoesOn() throws IOException {
        try (CannedOrigin origin = CannedOrigin.answering(CannedOrigin.OK);
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            assertThat(Reply.read(client.send(OPENING)).body()).isEqualTo("ok");
            assertThat(Reply.read(client.send("GET / HTTP/1.1\r\nHost: web.test\r\n\r\n"))
                            .body())
                    .isEqualTo("ok");
            assertThat(origin.connections()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAA\r\n\r\n",
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n"
                        + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
                "HTTP/1.1 101 Switching Protocols\r\n\r\n"
            })
    void answers502ToA101ThatAcceptsNothing(String response) throws IOException {
        PROXIES.expectWarnings();
        try (CannedOrigin origin = CannedOrigin.answering(response);
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            assertThat(Reply.read(client.send(OPENING)).status()).isEqualTo(502);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST /chat HTTP/1.1\r\nHost: web.test\r\nContent-Length: 0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n",
                "GET /chat HTTP/1.1\r\nHost: web.test\r\nContent-Length: 0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n",
                "GET /chat HTTP/1.0\r\nHost: web.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n",
                "GET /chat HTTP/1.1\r\nHost: web.test\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n",
                "GET /chat HTTP/1.1\r\nHost: web.test\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nSec-WebSocket-Key: x\r\n\r\n",
                "GET /chat HTTP/1.1\r\nHost: web.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
            })
    void treatsWhatDoesNotOpenAWebSocketAsAnyRequest(String request) throws IOException {
        try (CannedOrigin origin = CannedOrigin.answering(CannedOrigin.OK);
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            assertThat(Reply.read(client.send(request)).body()).isEqualTo("ok");
            assertThat(Reply.field(origin.request(), "upgrade")).isNull();
            assertThat(Reply.field(origin.request(), "connection")).isNull();
        }
    }
}
