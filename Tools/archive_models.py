"""Models whose compiled programs call the operators that PyTorch's compiler leaves to its host, many kinds in few models."""

import torch
import torch.nn.functional as F
from torch import nn


class Model(nn.Module):
    """A function as a module."""

    def __init__(self, function, **parts):
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, *inputs):
        return self.function(self, *inputs)


def products(m, a, b, v):
    c = torch.baddbmm(torch.bmm(a, b), a, b, beta=0.5, alpha=2.0)
    d = torch.addmv(v, a[0] @ b[0], v)
    e = torch.addbmm(c[0], a, b)
    return c, d, e, torch.mm(a[1], b[1]), torch.addmm(v, a[0], b[0], beta=0.25)


def convolutions(m, x, y, z):
    return m.norm(m.down(x)).relu(), m.up(x), m.line(y), m.cube(z), m.grouped(x)


def attentions(m, x, mask):
    q, k, v = (part.unflatten(-1, (4, -1)).transpose(1, 2) for part in m.project(x).chunk(3, -1))
    plain = F.scaled_dot_product_attention(q, k, v)
    causal = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    masked = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=0.3)
    return plain.transpose(1, 2).flatten(2), causal.transpose(1, 2).flatten(2), masked


def orders(m, x):
    values, places = torch.topk(x, 3, dim=-1)
    smallest, _ = torch.topk(x, 2, dim=0, largest=False)
    ordered, order = torch.sort(x, dim=1, descending=True, stable=True)
    third, where = torch.kthvalue(x, 3)
    middle, at = torch.median(x, dim=1)
    often, seen = torch.mode((x * 2).round(), dim=1)
    return values, places, smallest, ordered, order, third, where, middle, at, often, torch.median(x)


def scans(m, x):
    highest, at = torch.cummax(x, 1)
    return (
        torch.cumsum(x, 1), torch.cumsum(x, 0, dtype=torch.float64), torch.cumprod(x, 1), highest, at, torch.cummin(x, 0)[0],
        torch.logcumsumexp(x, 1),
    )


def indices(m, x, index, values):
    put = x.index_put((index,), values)
    added = x.index_put((index, index % 5), values[:, 0], accumulate=True)
    scattered = torch.scatter_reduce(x, 0, index.unsqueeze(1).expand(-1, x.shape[1]), values, "prod", include_self=False)
    mean = torch.scatter_reduce(x, 0, index.unsqueeze(1).expand(-1, x.shape[1]), values, "mean")
    return put, added, scattered, mean, torch.scatter(x, 1, (index % 5).unsqueeze(1), values), x.masked_scatter(x > 0, values.flatten().repeat(8))


def searches(m, x, edges, weights):
    places = torch.searchsorted(edges, x)
    bins = torch.bucketize(x, edges, right=True, out_int32=True)
    return places, bins, torch.histc(x, 8, -2.0, 2.0), torch.cdist(x, x * 0.5 + 1), torch.gcd(weights, weights * 3 + 6)


def unknown_sizes(m, x, mask):
    places = torch.nonzero(x > 0.5)
    chosen = torch.masked_select(x, mask)
    return places, chosen, places.sum(0), chosen.sum()


def poolings(m, x, y):
    highest, at = F.adaptive_max_pool2d(x, (3, 2), return_indices=True)
    pooled, where = F.max_pool2d(x, 3, 2, 1, return_indices=True)
    return (
        highest, at, F.adaptive_avg_pool2d(x, (3, 5)), F.avg_pool3d(y, 2), F.max_pool3d(y, 2), F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2),
        pooled, F.avg_pool2d(x, (5, 7), 1), F.adaptive_avg_pool3d(y, 2),
    )


def images(m, x, grid):
    return (
        F.interpolate(x, scale_factor=2.0, mode="bicubic"), F.interpolate(x, size=(5, 9), mode="bilinear", align_corners=True),
        F.grid_sample(x, grid, align_corners=False), F.pad(x, (1, 2, 0, 1), mode="reflect"),
    )


def bags(m, index, offsets):
    return m.bag(index, offsets), m.table(index)


def recurrent(m, x):
    y, (h, c) = m.lstm(x)
    return y, h, c, m.gru(y)[0]


def numbers(m, x, y):
    return (
        torch.exp(x), torch.log1p(x.abs()), torch.sin(x), torch.tanh(x), torch.erf(x), torch.pow(x.abs() + 0.1, y), F.gelu(x), F.softmax(x, 1),
        torch.expm1(x), torch.atan2(x, y), torch.lgamma(x.abs() + 0.5), torch.fmod(x, 0.7), torch.nn.functional.silu(x), x.double().cos(),
    )


def called(m, x, values):
    """Operators without a C function, which the proxy executor runs."""
    return torch.take(x, values), torch.linalg.vector_norm(x, 3.0, dim=[1]), torch.renorm(x, 2.0, 0, 1.5), torch.quantile(x, 0.25, dim=1)


def models():
    """Name to (module, example inputs)."""
    torch.manual_seed(11)
    r = torch.randn
    return {
        "products": (Model(products), (r(2, 5, 6), r(2, 6, 5), r(5))),
        "convolutions": (
            Model(
                convolutions, down=nn.Conv2d(3, 8, 3, stride=2, padding=1), norm=nn.BatchNorm2d(8), up=nn.ConvTranspose2d(3, 4, 3, 2, 1, 1),
                line=nn.Conv1d(4, 6, 5, padding=2, dilation=2), cube=nn.Conv3d(2, 3, 3), grouped=nn.Conv2d(3, 6, 3, groups=3, bias=False),
            ),
            (r(2, 3, 16, 12), r(2, 4, 20), r(1, 2, 6, 7, 8)),
        ),
        "attentions": (Model(attentions, project=nn.Linear(32, 96)), (r(2, 10, 32), r(10, 10))),
        "orders": (Model(orders), (r(6, 9),)),
        "scans": (Model(scans), (r(6, 9),)),
        "indices": (Model(indices), (r(8, 5), torch.tensor([1, 3, 3, 7]), r(4, 5))),
        "searches": (Model(searches), (r(6, 4), torch.linspace(-2, 2, 9), torch.arange(1, 9))),
        "unknown_sizes": (Model(unknown_sizes), (r(5, 6), torch.rand(5, 6) > 0.4)),
        "poolings": (Model(poolings), (r(1, 2, 12, 10), r(1, 2, 6, 8, 6))),
        "images": (Model(images), (r(1, 2, 8, 7), torch.rand(1, 4, 5, 2) * 2 - 1)),
        "bags": (Model(bags, bag=nn.EmbeddingBag(12, 6, mode="mean"), table=nn.Embedding(12, 6)), (torch.tensor([1, 4, 2, 11, 0, 5]), torch.tensor([0, 2, 5]))),
        "recurrent": (Model(recurrent, lstm=nn.LSTM(6, 8, 2, bidirectional=True, batch_first=True), gru=nn.GRU(16, 5, batch_first=True)), (r(3, 7, 6),)),
        "numbers": (Model(numbers), (r(5, 37), r(5, 37))),
        "called": (Model(called), (r(5, 6), torch.tensor([1, 29, 7]))),
    }
