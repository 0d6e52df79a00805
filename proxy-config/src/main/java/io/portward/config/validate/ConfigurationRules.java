package io.portward.config.validate;

import io.portward.config.model.AdminConfig;
import io.portward.config.model.BackendConfig;
import io.portward.config.model.BackendTlsConfig;
import io.portward.config.model.CertificateConfig;
import io.portward.config.model.Configuration;
import io.portward.config.model.PortConfig;
import io.portward.config.model.ProxyProtocol;
import io.portward.config.model.RouteConfig;
import io.portward.config.model.ServerConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The rules that need more than one section of the file, and no other file. */
public final class ConfigurationRules {

    private final Configuration configuration;
    private final Problems problems;
    private final Set<String> usedBackends = new HashSet<>();

    private ConfigurationRules(Configuration configuration, Problems problems) {
        this.configuration = configuration;
        this.problems = problems;
    }

    /** Reports to {@code problems} what does not fit together. */
    public static void check(Configuration configuration, Problems problems) {
        ConfigurationRules rules = new ConfigurationRules(configuration, problems);
        rules.checkCertificateNames();
        rules.checkListenAddresses();
        rules.checkPorts();
        rules.checkBackends();
        PassthroughRules.checkBackends(configuration, problems);
        rules.checkAdmin();
        AccessLogRules.check(configuration, problems);
    }

    private void checkCertificateNames() {
        Map<String, Integer> first = new HashMap<>();
        for (int i = 0; i < configuration.certificates().size(); i++) {
            CertificateConfig certificate = configuration.certificates().get(i);
            Integer before = first.putIfAbsent(certificate.name(), i);
            if (before != null && !certificate.name().isEmpty()) {
                problems.error(
                        "certificates[" + i + "].name",
                        "'" + certificate.name() + "' is already the name of certificates[" + before + "]");
            }
        }
    }

    /** A listener and the key path it came from. */
    private record Listener(String path, PortConfig port) {}

    private void checkListenAddresses() {
        Map<Integer, List<Listener>> byPort = new HashMap<>();
        for (int i = 0; i < configuration.ports().size(); i++) {
            PortConfig port = configuration.ports().get(i);
            String path = "ports[" + i + "].listen";
            if (problems.isWrong(path)) {
                continue;
            }
            List<Listener> earlier = byPort.computeIfAbsent(port.listen().port(), number -> new ArrayList<>());
            earlier.stream()
                    .filter(other -> ListenOverlap.of(other.port().listen(), port.listen()))
                    .findFirst()
                    .ifPresent(other -> problems.error(
                            path,
                            "'" + port.listen() + "' overlaps with '"
                                    + other.port().listen() + "' of " + other.path()));
            earlier.add(new Listener(path, port));
        }
        AdminConfig admin = configuration.admin();
        if (admin != null && !problems.isWrong("admin.listen")) {
            byPort.getOrDefault(admin.listen().port(), List.of()).stream()
                    .filter(other -> ListenOverlap.of(other.port().listen(), admin.listen()))
                    .findFirst()
                    .ifPresent(other -> problems.error(
                            "admin.listen",
                            "'" + admin.listen() + "' overlaps with '"
                                    + other.port().listen() + "' of " + other.path()));
        }
    }

    private void checkPorts() {
        Set<String> certificateNames = new HashSet<>();
        configuration.certificates().forEach(c -> certificateNames.add(c.name()));
        for (int i = 0; i < configuration.ports().size(); i++) {
            PortConfig port = configuration.ports().get(i);
            String path = "ports[" + i + "]";
            PortRules.check(port, path, configuration, problems);
            PassthroughRules.check(port, path, problems);
            if (port.terminates()
                    && certificateNames.isEmpty()
                    && !problems.isWrong("certificates")
                    && !problems.isWrong(path + ".listen")) {
                problems.error(
                        path + ".protocol",
                        "a TLS port needs a certificate, and the file lists none in 'certificates'");
            }
            checkReferences(port, path, certificateNames);
        }
    }

    private void checkReferences(PortConfig port, String path, Set<String> certificateNames) {
        Set<String> chosen = new HashSet<>();
        for (int i = 0; i < port.certificates().size(); i++) {
            String name = port.certificates().get(i);
            String at = path + ".certificates[" + i + "]";
            if (!certificateNames.contains(name) && !problems.isWrong("certificates")) {
                problems.error(
                        at, "no certificate is called '" + name + "'" + NearestName.hint(name, certificateNames));
            } else if (!chosen.add(name)) {
                problems.remark(at, "'" + name + "' is listed twice");
            }
        }
        String backend = port.backend();
        if (backend != null) {
            checkBackendReference(path + ".backend", backend);
            checkHash(path + ".backend", configuration.backends().get(backend));
        }
        for (int i = 0; i < port.passthrough().size(); i++) {
            String name = port.passthrough().get(i).backend();
            String at = path + ".passthrough[" + i + "].backend";
            if (!problems.isWrong(at)) {
                checkBackendReference(at, name);
                checkHash(at, configuration.backends().get(name));
            }
        }
        checkRoutes(port, path);
    }

    private void checkRoutes(PortConfig port, String path) {
        for (int i = 0; i < port.routes().size(); i++) {
            RouteConfig route = port.routes().get(i);
            String at = path + ".routes[" + i + "]";
            if (port.protocol().isTcp()) {
                NameRouteRules.check(route, port, at, problems);
            } else {
                RouteRules.check(route, at, problems);
            }
            if (route.backend() != null) {
                checkRouteBackend(port, at + ".backend", route.backend());
            }
        }
    }

    private void checkRouteBackend(PortConfig port, String at, String name) {
        checkBackendReference(at, name);
        BackendConfig target = configuration.backends().get(name);
        if (port.protocol().isTcp()) {
            checkHash(at, target);
            return;
        }
        if (target != null
                && target.tls() != null
                && !target.protocol().isTls()
                && !problems.isWrong("backends." + name + ".protocol")) {
            problems.error(
                    "backends." + name + ".tls",
                    "requests would go to the servers without TLS, as protocol says; write protocol: "
                            + (target.protocol().isHttp2() ? "h2" : "https"));
        }
        if (target != null && target.proxyProtocol() != ProxyProtocol.NONE) {
            problems.error(
                    at,
                    "backend '" + name
                            + "' has proxyProtocol, but connections for routes are shared by many"
                            + " clients; the client's address is in X-Forwarded-For instead");
        }
    }

    private void checkHash(String at, @Nullable BackendConfig target) {
        if (target != null && target.balance().needsHttp()) {
            problems.error(
                    at,
                    "backend '" + target.name() + "' balances by "
                            + target.balance().hash()
                            + ", which only requests of https ports have; use {hash: source}");
        }
    }

    private void checkBackendReference(String path, String name) {
        usedBackends.add(name);
        if (!configuration.backends().containsKey(name) && !problems.isWrong("backends")) {
            Set<String> known = configuration.backends().keySet();
            problems.error(path, "no backend is called '" + name + "'" + NearestName.hint(name, known));
        }
    }

    private void checkBackends() {
        for (BackendConfig backend : configuration.backends().values()) {
            String path = "backends." + backend.name();
            checkTls(path, backend);
            // With a reference misspelt or a port unreadable, the backend is probably meant to be used.
            if (!usedBackends.contains(backend.name()) && !problems.hasErrors()) {
                problems.remark(path, "no port uses this backend");
            }
            Map<String, Integer> first = new HashMap<>();
            for (int i = 0; i < backend.servers().size(); i++) {
                String address = backend.servers().get(i).address();
                Integer before = first.putIfAbsent(address, i);
                if (before != null && !address.isEmpty()) {
                    problems.error(
                            path + ".servers[" + i + "]",
                            "'" + address + "' is already servers[" + before + "]; use a weight for a larger share");
                }
            }
        }
    }

    private void checkTls(String path, BackendConfig backend) {
        BackendTlsConfig tls = backend.effectiveTls();
        if (tls == null) {
            return;
        }
        if (!tls.verify()) {
            problems.warning(
                    path + ".tls.verify",
                    "the servers' certificates are not checked: whoever can redirect connections reads and changes everything;"
                            + " name the authority in 'trust' instead");
        }
        for (int i = 0; i < backend.servers().size(); i++) {
            ServerConfig server = backend.servers().get(i);
            if (tls.lacksNameFor(server)
                    && !problems.isWrong(path + ".servers[" + i + "]")
                    && !problems.isWrong(path + ".tls.serverName")) {
                problems.error(
                        path + ".servers[" + i + "]",
                        "no certificate can be for '" + server.host() + "'; say in tls.serverName what name it has");
            }
        }
    }

    private void checkAdmin() {
        AdminConfig admin = configuration.admin();
        if (admin == null) {
            return;
        }
        if (!admin.listen().isLoopback() && !admin.allowRemote()) {
            problems.error(
                    "admin.listen",
                    "'" + admin.listen()
                            + "' can be reached by other machines, and the page has no password; write 127.0.0.1:"
                            + admin.listen().port() + ", or allowRemote: true if that is meant");
        }
    }
}
