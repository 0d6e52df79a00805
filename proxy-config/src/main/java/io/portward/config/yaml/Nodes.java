package io.portward.config.yaml;

import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/** What node readers ask of every node. */
final class Nodes {

    private Nodes() {}

    /** For messages: what stands there. */
    static String describe(Node node) {
        if (node instanceof ScalarNode scalar) {
            return ScalarKind.of(scalar).describe(scalar.getValue());
        }
        return node instanceof SequenceNode ? "a list" : "a mapping";
    }

    /** Reports a tag such as {@code !!java.net.URL}; tags have no use here. */
    static boolean refusesTag(Node node, Place place) {
        Tag tag = node.getTag();
        boolean usual;
        if (node instanceof MappingNode) {
            usual = tag.equals(Tag.MAP);
        } else if (node instanceof SequenceNode) {
            usual = tag.equals(Tag.SEQ);
        } else {
            usual = Tag.standardTags.contains(tag) && !tag.equals(Tag.BINARY);
        }
        if (!usual) {
            place.error(node, "tags such as '" + tag.getValue() + "' are not allowed");
        }
        return !usual;
    }
}
