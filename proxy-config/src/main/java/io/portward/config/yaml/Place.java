package io.portward.config.yaml;

import io.portward.config.validate.Problems;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.Node;

/**
 * Where the reader stands: a key path, and what every value there can see.
 *
 * @param path such as {@code ports[1].tls}; empty at the root
 * @param name the last key of the path
 * @param directory what relative paths are relative to
 * @param shared values of root sections that others inherit from, by key
 * @param silent whether the value is a stand-in for something already reported
 */
record Place(String path, String name, Path directory, Problems problems, Map<String, Object> shared, boolean silent) {

    static Place root(Path directory, Problems problems) {
        return new Place("", "", directory, problems, new HashMap<>(), false);
    }

    Place key(String key) {
        return new Place(path.isEmpty() ? key : path + "." + key, key, directory, problems, shared, silent);
    }

    Place index(int index) {
        return new Place(path + "[" + index + "]", name, directory, problems, shared, silent);
    }

    Place silenced() {
        return new Place(path, name, directory, problems, shared, true);
    }

    /** Remembers that the value of this path stands at {@code node}. */
    void locate(Node node) {
        problems.locate(path, NodeTree.position(node.getStartMark()));
    }

    void error(@Nullable Node node, String message) {
        if (silent) {
            return;
        }
        if (node == null) {
            problems.error(path, message);
        } else {
            problems.errorAt(NodeTree.position(node.getStartMark()), path, message);
        }
    }
}
