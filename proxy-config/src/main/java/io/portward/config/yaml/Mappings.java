package io.portward.config.yaml;

import java.util.LinkedHashMap;
import java.util.Map;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;

/** Reads the keys of a mapping, reporting those that stand twice. */
final class Mappings {

    private Mappings() {}

    /** @return key node and value node by key, in the order of the file */
    static Map<String, NodeTuple> entries(MappingNode node, Place place) {
        Map<String, NodeTuple> entries = new LinkedHashMap<>();
        for (NodeTuple tuple : node.getValue()) {
            Node keyNode = tuple.getKeyNode();
            if (!(keyNode instanceof ScalarNode scalar) || Nodes.refusesTag(keyNode, place)) {
                place.error(keyNode, "a key is expected here, found " + Nodes.describe(keyNode));
                continue;
            }
            String key = scalar.getValue();
            if (key.equals("<<")) {
                place.key(key)
                        .error(
                                keyNode,
                                "merge keys are not supported; repeat the keys, or give the whole value an alias");
                continue;
            }
            NodeTuple first = entries.putIfAbsent(key, tuple);
            if (first != null) {
                int line = NodeTree.position(first.getKeyNode().getStartMark()).line();
                place.key(key).error(keyNode, "this key is given twice, first in line " + line);
            }
        }
        return entries;
    }
}
