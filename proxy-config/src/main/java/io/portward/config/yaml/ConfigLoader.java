package io.portward.config.yaml;

import io.portward.config.model.Configuration;
import io.portward.config.pem.PemLoader;
import io.portward.config.validate.AccessLogRules;
import io.portward.config.validate.CertificateRules;
import io.portward.config.validate.ConfigurationException;
import io.portward.config.validate.ConfigurationRules;
import io.portward.config.validate.Problems;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.Node;

/**
 * Reads a configuration file into records.
 *
 * <p>One run finds every error: of syntax, keys, types and values, of references between sections, and, when a
 * {@link PemLoader} is given, of the certificate files. Nothing is contacted over the network.
 *
 * <p>Threading: immutable; may be shared.
 */
public final class ConfigLoader {

    private final @Nullable PemLoader certificates;

    /** A loader that leaves certificate files alone. */
    public ConfigLoader() {
        this.certificates = null;
    }

    /** A loader that also reads every certificate, key and password file and checks that they fit, and that the access log can be written. */
    public ConfigLoader(PemLoader certificates) {
        this.certificates = certificates;
    }

    /**
     * Loads a file.
     *
     * @param file relative paths in it are relative to its directory; messages name it as given here
     * @throws ConfigurationException with everything that is wrong
     */
    public LoadedConfig load(Path file) throws ConfigurationException {
        Problems problems = new Problems(file.toString());
        String text = SourceText.read(file, problems);
        Path directory = file.toAbsolutePath().normalize().getParent();
        return read(text, directory == null ? Path.of("/") : directory, problems);
    }

    /**
     * Reads a text as if it were the content of a file.
     *
     * @param fileName what messages call it
     * @param directory what relative paths are relative to
     * @throws ConfigurationException with everything that is wrong
     */
    public LoadedConfig parse(String text, String fileName, Path directory) throws ConfigurationException {
        return read(text, directory.toAbsolutePath().normalize(), new Problems(fileName));
    }

    private LoadedConfig read(@Nullable String text, Path directory, Problems problems) throws ConfigurationException {
        Node root = text == null ? null : NodeTree.compose(text, problems);
        problems.throwIfErrors();
        if (root == null) {
            throw new IllegalStateException("no node and no problem");
        }
        Place place = Place.root(directory, problems);
        place.locate(root);
        Configuration configuration = RootKeys.SECTION.read(root, place, null);
        ConfigurationRules.check(configuration, problems);
        if (certificates != null) {
            CertificateRules.check(configuration, certificates, problems);
            AccessLogRules.checkFile(configuration, problems);
        }
        problems.throwIfErrors();
        return new LoadedConfig(configuration, problems.warnings());
    }
}
