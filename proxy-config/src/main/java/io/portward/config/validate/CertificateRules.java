package io.portward.config.validate;

import io.portward.config.model.BackendConfig;
import io.portward.config.model.BackendTlsConfig;
import io.portward.config.model.CertificateConfig;
import io.portward.config.model.Configuration;
import io.portward.config.model.PortConfig;
import io.portward.config.model.RouteConfig;
import io.portward.config.pem.CertificateReview;
import io.portward.config.pem.LoadedCertificate;
import io.portward.config.pem.PemException;
import io.portward.config.pem.PemLoader;
import io.portward.config.pem.PemProblem;
import io.portward.config.pem.PemProblem.Part;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The rules that need the certificate files. Blocks on the file system. */
public final class CertificateRules {

    private final Configuration configuration;
    private final PemLoader loader;
    private final Problems problems;
    private final Map<String, LoadedCertificate> loaded = new LinkedHashMap<>();
    private boolean complete = true;

    private CertificateRules(Configuration configuration, PemLoader loader, Problems problems) {
        this.configuration = configuration;
        this.loader = loader;
        this.problems = problems;
    }

    /** Loads every certificate and reports to {@code problems} what is wrong with it, and which names are not covered. */
    public static void check(Configuration configuration, PemLoader loader, Problems problems) {
        CertificateRules rules = new CertificateRules(configuration, loader, problems);
        rules.loadAll();
        configuration.backends().values().forEach(rules::loadBackend);
        rules.checkSharedNames();
        // With a certificate missing, a name may well be covered by it.
        if (rules.complete) {
            rules.checkRouteHosts();
            rules.checkPassedThrough();
        }
    }

    private void loadAll() {
        Instant now = loader.clock().instant();
        for (int i = 0; i < configuration.certificates().size(); i++) {
            CertificateConfig certificate = configuration.certificates().get(i);
            String path = "certificates[" + i + "]";
            if (problems.isWrong(path + ".chain")
                    || problems.isWrong(path + ".key")
                    || problems.isWrong(path + ".passwordFile")) {
                complete = false;
                continue;
            }
            try {
                LoadedCertificate pair =
                        loader.load(certificate.chain(), certificate.key(), certificate.passwordFile());
                loaded.put(certificate.name(), pair);
                CertificateReview.review(pair, certificate.chain(), now).forEach(doubt -> report(path, doubt));
            } catch (PemException e) {
                complete = false;
                e.problems().forEach(problem -> report(path, problem));
            }
        }
    }

    private void loadBackend(BackendConfig backend) {
        BackendTlsConfig tls = backend.tls();
        String path = "backends." + backend.name() + ".tls";
        if (tls == null || problems.isWrong(path)) {
            return;
        }
        if (tls.trust() != null && !problems.isWrong(path + ".trust")) {
            try {
                loader.loadAuthorities(tls.trust());
            } catch (PemException e) {
                e.problems().forEach(problem -> reportAt(path + ".trust", problem));
            }
        }
        if (tls.certificate() != null
                && tls.key() != null
                && !problems.isWrong(path + ".certificate")
                && !problems.isWrong(path + ".key")) {
            try {
                loader.load(tls.certificate(), tls.key(), null);
            } catch (PemException e) {
                e.problems()
                        .forEach(problem ->
                                reportAt(path + (problem.part() == Part.CHAIN ? ".certificate" : ".key"), problem));
            }
        }
    }

    private void report(String path, PemProblem problem) {
        reportAt(
                path
                        + switch (problem.part()) {
                            case CHAIN -> ".chain";
                            case KEY -> ".key";
                            case PASSWORD -> ".passwordFile";
                        },
                problem);
    }

    private void reportAt(String at, PemProblem problem) {
        if (problem.kind().isDoubt()) {
            problems.warning(at, problem.message());
        } else {
            problems.alsoError(at, problem.message());
        }
    }

    private void checkSharedNames() {
        Map<String, String> owners = new HashMap<>();
        for (int i = 0; i < configuration.certificates().size(); i++) {
            CertificateConfig certificate = configuration.certificates().get(i);
            LoadedCertificate pair = loaded.get(certificate.name());
            if (pair == null) {
                continue;
            }
            for (String name : new TreeSet<>(pair.dnsNames())) {
                String owner = owners.putIfAbsent(pair.algorithm().label() + " " + name, certificate.name());
                if (owner != null && !owner.equals(certificate.name())) {
                    problems.warning(
                            "certificates[" + i + "].chain",
                            "'" + name + "' is also a name of the "
                                    + pair.algorithm().label() + " certificate '" + owner
                                    + "', which comes first and is served");
                    break;
                }
            }
        }
    }

    private void checkRouteHosts() {
        for (int i = 0; i < configuration.ports().size(); i++) {
            PortConfig port = configuration.ports().get(i);
            for (int j = 0; j < port.routes().size(); j++) {
                RouteConfig route = port.routes().get(j);
                String host = route.host();
                if (host != null && !isCovered(host, port)) {
                    problems.warning(
                            "ports[" + i + "].routes[" + j + "].host",
                            "no certificate of this port covers '" + host + "'");
                }
            }
        }
    }

    /** A name whose connections all go elsewhere needs no certificate here. */
    private void checkPassedThrough() {
        for (int i = 0; i < configuration.certificates().size(); i++) {
            String certificate = configuration.certificates().get(i).name();
            LoadedCertificate pair = loaded.get(certificate);
            List<PortConfig> ports = configuration.ports().stream()
                    .filter(port -> port.terminates() && mayChoose(port, certificate))
                    .toList();
            if (pair == null || ports.isEmpty()) {
                continue;
            }
            for (String name : new TreeSet<>(pair.dnsNames())) {
                if (ports.stream().allMatch(port -> PassthroughRules.takes(port, name))) {
                    problems.warning(
                            "certificates[" + i + "].chain",
                            "never shown for '" + name
                                    + "': connections for it are passed through on every port that could");
                }
            }
        }
    }

    private static boolean mayChoose(PortConfig port, String certificate) {
        return port.certificates().isEmpty() || port.certificates().contains(certificate);
    }

    private boolean isCovered(String host, PortConfig port) {
        String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        return loaded.entrySet().stream()
                .filter(e -> mayChoose(port, e.getKey()))
                .anyMatch(e -> e.getValue().covers(bare));
    }
}
