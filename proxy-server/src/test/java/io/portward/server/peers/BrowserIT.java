package io.portward.server.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.server.ProxyExtension;
import io.portward.server.peers.BrowserOrigin.Resource;
import io.portward.testkit.RequiresCommand;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A real browser: a page with what belongs to it over HTTP/2, and a WebSocket. */
@RequiresCommand({"chromium", "curl"})
class BrowserIT {

    /** The script asks what the page was loaded with, sends two messages, and lets the page's load event come when both are back. */
    private static final Map<String, Resource> PAGE = Map.of(
            "/", new Resource("text/html", """
                    <!DOCTYPE html>
                    <title>page</title>
                    <link rel="stylesheet" href="/style.css">
                    <p id="protocol"></p><p id="style"></p><p id="data"></p><p id="socket"></p>
                    <img src="/picture.svg" id="picture">
                    <img src="/hold">
                    <script src="/script.js"></script>
                    """),
            "/style.css", new Resource("text/css", "#style { color: rgb(1, 2, 3) }"),
            "/picture.svg",
                    new Resource("image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg' width='7' height='5'/>"),
            "/data.json", new Resource("application/json", "{\"answer\": 42}"),
            "/script.js", new Resource("text/javascript", """
                    const say = (id, text) => document.getElementById(id).textContent = text;
                    say('protocol', 'protocol ' + performance.getEntriesByType('navigation')[0].nextHopProtocol);
                    say('style', 'style ' + getComputedStyle(document.getElementById('style')).color);
                    const data = fetch('/data.json').then(r => r.json()).then(d => say('data', 'answer ' + d.answer));
                    const socket = new WebSocket('wss://' + location.host + '/socket');
                    const large = 'x'.repeat(200000);
                    let first;
                    socket.onopen = () => { socket.send('hello'); socket.send(large); };
                    socket.onmessage = async message => {
                        if (first === undefined) { first = message.data; return; }
                        await data;
                        say('socket', 'echo ' + first + ' ' + (message.data === large));
                        socket.send('finished');
                    };
                    socket.onclose = e => say('socket', document.getElementById('socket').textContent + ' closed');
                    """));

    @TempDir
    private static Path folder;

    private static BrowserOrigin origin;

    @RegisterExtension
    static final ProxyExtension PROXY = new ProxyExtension(BrowserIT::configuration);

    private static String configuration() {
        origin = new BrowserOrigin(PAGE);
        return """
                certificates:
                  - {name: ecdsa, chain: ecdsa.pem, key: ecdsa.key}
                  - {name: rsa, chain: rsa.pem, key: rsa.key}
                backends:
                  web: {servers: ["WEB"]}
                ports:
                  - {listen: "127.0.0.1:0", protocol: https, routes: [{backend: web}]}
                admin: {listen: "127.0.0.1:0"}
                """.replace("WEB", origin.address());
    }

    @AfterAll
    static void stopOrigin() {
        origin.close();
    }

    @Test
    void loadsAPageOverHttp2AndTalksOverAWebSocket() throws Exception {
        Command.Result result = new Command(
                        "chromium",
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--disable-quic",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--user-data-dir=" + folder.resolve("profile"),
                        "--ignore-certificate-errors-spki-list=" + keyHash(),
                        "--timeout=60000",
                        "--dump-dom",
                        "https://localhost:" + PROXY.port("https") + "/")
                .run();
        assertThat(result.succeeded().out())
                .contains("protocol h2<", "style rgb(1, 2, 3)<", "answer 42<", "echo hello true<");

        String metrics = new Command("curl", "-sS", "http://127.0.0.1:" + PROXY.port("admin") + "/metrics")
                .run()
                .succeeded()
                .out();
        assertThat(metrics)
                .containsPattern("portward_http_requests_total\\{.*protocol=\"h2\",status=\"200\"} [5-9]")
                .containsPattern("portward_http_requests_total\\{.*protocol=\"h1\",status=\"101\"} 1");
    }

    /** Of the certificate that browsers get: base64 of the public key's SHA-256. */
    private static String keyHash() throws Exception {
        try (InputStream pem = Files.newInputStream(PROXY.file("ecdsa.pem"))) {
            byte[] key = CertificateFactory.getInstance("X.509")
                    .generateCertificate(pem)
                    .getPublicKey()
                    .getEncoded();
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("SHA-256").digest(key));
        }
    }
}
