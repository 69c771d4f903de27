import torch

from pad_nerfstudio.odd_one_out.learned.box_labels import labels_of_boxes, with_missed_boxes
from pad_nerfstudio.odd_one_out.learned.losses import verdict_loss

TRUE = torch.tensor([[[0.0, 0, 0], [1, 1, 1]], [[2.0, 0, 0], [3, 1, 1]], [[4.0, 0, 0], [5, 1, 1]]])
LABELS = torch.tensor([1, 0, 0])


def test_boxes_get_the_label_of_the_object_they_overlap() -> None:
    found = TRUE[[1, 0]] + 0.1
    speck, far = torch.tensor([[[4.0, 0, 0], [4.2, 0.2, 0.2]]]), TRUE[:1] + 20
    labels = labels_of_boxes(torch.cat([found, speck, far]), TRUE, LABELS)
    assert labels.tolist() == [0, 1, -1, -1]
    assert labels_of_boxes(TRUE[:0], TRUE, LABELS).tolist() == []


def test_two_boxes_on_one_object_share_no_label() -> None:
    halves = torch.stack([TRUE[0], TRUE[0]])
    halves[0, 1, 0], halves[1, 0, 0] = 0.6, 0.6
    assert labels_of_boxes(halves, TRUE, LABELS).tolist() == [1, -1]


def test_unknown_boxes_and_labels_stay_unknown() -> None:
    true = TRUE.clone()
    true[0] = float("nan")
    assert labels_of_boxes(TRUE, true, torch.tensor([1, -1, 0])).tolist() == [-1, -1, 0]


def test_missed_objects_join_and_strange_boxes_go() -> None:
    filled = with_missed_boxes(torch.cat([TRUE[1:2] + 0.1, TRUE[:1] + 20]), TRUE)
    assert filled.shape == (3, 2, 3)
    torch.testing.assert_close(filled[0], TRUE[1] + 0.1)
    assert sorted(labels_of_boxes(filled, TRUE, torch.arange(3)).tolist()) == [0, 1, 2]


def test_objects_without_a_label_teach_nothing() -> None:
    logits = torch.tensor([2.0, -1.0, 5.0], requires_grad=True)
    verdict_loss(logits, torch.tensor([1, 0, -1]), anomalous_weight=1.0).backward()
    assert logits.grad is not None and logits.grad[2] == 0 and logits.grad[0] < 0 < logits.grad[1]
    heavy = verdict_loss(logits[:1], torch.tensor([1]), 3.0) / verdict_loss(logits[:1], torch.tensor([1]), 1.0)
    torch.testing.assert_close(heavy, torch.tensor(3.0))
    assert float(verdict_loss(logits, torch.tensor([-1, -1, -1]), 1.0)) == 0
