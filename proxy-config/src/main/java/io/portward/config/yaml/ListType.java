package io.portward.config.yaml;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * A list of equal values. A wrong element is replaced, never dropped, so that indices in messages stay those of the file.
 *
 * @param least how many there must be
 */
record ListType<T>(ValueType<T> element, int least) implements ValueType<List<T>> {

    @Override
    public List<T> read(Node node, Place place, @Nullable List<T> fallback) {
        List<T> standIn = fallback == null ? List.of() : fallback;
        if (Nodes.refusesTag(node, place)) {
            return standIn;
        }
        if (!(node instanceof SequenceNode sequence)) {
            place.error(node, "expected a list, found " + Nodes.describe(node));
            return standIn;
        }
        List<T> values = new ArrayList<>(sequence.getValue().size());
        for (Node item : sequence.getValue()) {
            Place at = place.index(values.size());
            at.locate(item);
            values.add(element.read(item, at, null));
        }
        if (values.size() < least) {
            place.error(node, "the list is empty (expected: at least one entry)");
        }
        return values;
    }

    @Override
    public List<T> standIn(Place place) {
        return List.of();
    }

    @Override
    public Object tree(List<T> value) {
        return value.stream().map(element::tree).toList();
    }

    @Override
    public Map<String, Object> schema(Map<String, Object> definitions) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", "array");
        schema.put("items", element.schema(definitions));
        if (least > 0) {
            schema.put("minItems", least);
        }
        return schema;
    }
}
