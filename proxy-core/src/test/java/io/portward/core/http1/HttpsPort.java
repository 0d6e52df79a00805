package io.portward.core.http1;

import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.RecordingObserver.Request;
import io.portward.testkit.RunningProxy;
import io.portward.testkit.TlsClients;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A proxy with one https port for the name {@code web.test}, and clients of it. */
final class HttpsPort {

    private final RunningProxy proxy;
    private final TlsClients clients;

    private HttpsPort(RunningProxy proxy, TlsClients clients) {
        this.proxy = proxy;
        this.clients = clients;
    }

    /** In front of one backend with these servers. */
    static HttpsPort start(DataPlaneExtension proxies, String... servers) {
        return start(proxies, "", "", servers);
    }

    /**
     * @param port more keys of the port, each with a comma before it
     * @param file more lines of the file
     */
    static HttpsPort start(DataPlaneExtension proxies, String port, String file, String... servers) {
        proxies.pki().ecdsa("web", "web.test");
        String list = Stream.of(servers).map(server -> '"' + server + '"').collect(Collectors.joining(", "));
        RunningProxy proxy = proxies.start("""
                certificates: [{name: web, chain: web.pem, key: web.key}]
                ports: [{listen: "127.0.0.1:0", protocol: https, routes: [{backend: web}]%s}]
                backends: {web: {servers: [%s]}}
                %s
                """.formatted(port, list, file));
        return new HttpsPort(proxy, TlsClients.trusting(proxies.pki().authority()));
    }

    RunningProxy proxy() {
        return proxy;
    }

    RawClient connect() throws IOException {
        return clients.connect(proxy.address(), "web.test");
    }

    /** What was counted so far. */
    List<Request> requests() {
        return proxy.port().requests();
    }
}
