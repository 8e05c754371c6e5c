"""Hand-made modules for make_held_out.py: recurrent layers, convolutions of every rank, indexing, control flow, structured
inputs and outputs, mutated buffers, precisions, autocast and no_grad regions."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn
from torch.export import Dim

AUTO = Dim.AUTO


@dataclass
class Program:
    """A module with its inputs, and other inputs of other sizes where some dimensions are dynamic."""

    module: nn.Module
    arguments: tuple
    keywords: dict | None = None
    dynamic: object = None
    other: tuple | None = None
    other_keywords: dict | None = None
    strict: bool = False

    def __post_init__(self):
        if self.dynamic is not None and getattr(self.module, "takes_any_inputs", False):
            self.dynamic = (self.dynamic,)  # forward(self, *inputs) has one parameter, a tuple


def tokens(vocabulary, *shape):
    return torch.randint(3, vocabulary - 1, shape)


class Lambda(nn.Module):
    """A function of its inputs, with parts as submodules."""

    takes_any_inputs = True

    def __init__(self, function, **parts):
        super().__init__()
        self.function = function
        for name, part in parts.items():
            if isinstance(part, nn.Module):
                self.add_module(name, part)
            elif isinstance(part, nn.Parameter):
                self.register_parameter(name, part)
            else:
                self.register_buffer(name, part)

    def forward(self, *inputs):
        return self.function(self, *inputs)


def batched(module, make, batch=3, other=5):
    """A program whose inputs all have the same dynamic first dimension."""
    first, second = make(batch), make(other)
    return Program(module, first, dynamic=tuple({0: AUTO} for _ in first), other=second)


# Recurrent layers


class Recurrent(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x)


def recurrent(layer, *shape):
    return lambda: Program(Recurrent(layer()), (torch.randn(*shape),))


class Cells(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.gru, self.rnn = nn.LSTMCell(6, 8), nn.GRUCell(8, 8), nn.RNNCell(8, 8)

    def forward(self, x):
        h = c = g = torch.zeros(x.shape[1], 8)
        for step in x.unbind(0):
            h, c = self.lstm(step, (h, c))
            g = self.rnn(self.gru(h, g), g)
        return g, c


# Attention


def encoder_layer(**options):
    return lambda: batched(nn.TransformerEncoderLayer(16, 4, 32, **options), lambda b: (torch.randn(b, 7, 16),))


class CrossAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(16, 4, batch_first=True, kdim=12, vdim=10)

    def forward(self, query, key, value, padding):
        return self.attention(query, key, value, key_padding_mask=padding, need_weights=True)


def cross_attention():
    padding = torch.zeros(2, 6, dtype=torch.bool)
    padding[0, 4:] = True
    return Program(CrossAttention(), (torch.randn(2, 5, 16), torch.randn(2, 6, 12), torch.randn(2, 6, 10), padding))


def whole_transformer():
    module = nn.Transformer(16, 2, 1, 1, 24, batch_first=True)
    return Program(module, (torch.randn(2, 5, 16), torch.randn(2, 4, 16)))


def alibi(self, x):
    q, k, v = self.qkv(x).chunk(3, -1)
    distance = torch.arange(x.shape[1])[None, :] - torch.arange(x.shape[1])[:, None]
    scores = torch.einsum("bid,bjd->bij", q, k) / math.sqrt(q.shape[-1]) + 0.1 * distance
    scores = scores.masked_fill(distance > 0, float("-inf"))
    return torch.einsum("bij,bjd->bid", F.softmax(scores, -1, dtype=torch.float32), v).tril(1)


# Convolutions


def conv_1d():
    net = nn.Sequential(
        nn.Conv1d(4, 8, 5, padding=2, padding_mode="circular"), nn.InstanceNorm1d(8, affine=True), nn.PReLU(8),
        nn.Conv1d(8, 8, 3, padding="same", dilation=2, groups=4), nn.GLU(1), nn.AvgPool1d(2, ceil_mode=True),
        nn.ConvTranspose1d(4, 6, 4, stride=2, padding=1, output_padding=1), nn.AdaptiveMaxPool1d(5), nn.Hardswish(),
    )
    return batched(net, lambda b: (torch.randn(b, 4, 21),))


def conv_3d():
    net = nn.Sequential(
        nn.Conv3d(2, 6, 3, padding=1), nn.BatchNorm3d(6), nn.ELU(), nn.MaxPool3d(2), nn.Conv3d(6, 8, (1, 2, 3), stride=(1, 2, 1)),
        nn.GroupNorm(4, 8), nn.Softplus(), nn.ConvTranspose3d(8, 3, 2, stride=2), nn.AdaptiveAvgPool3d((2, None, 1)), nn.Flatten(2),
    )
    return batched(net, lambda b: (torch.randn(b, 2, 6, 8, 8),))


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down1, self.down2 = self.pair(3, 8), self.pair(8, 16)
        self.middle = self.pair(16, 32)
        self.up2, self.up1 = nn.ConvTranspose2d(32, 16, 2, stride=2), nn.Conv2d(16, 32, 1)
        self.out2, self.out1 = self.pair(32, 16), self.pair(16, 8)
        self.shuffle, self.head = nn.PixelShuffle(2), nn.Conv2d(8, 2, 1)

    def pair(self, inputs, outputs):
        return nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, padding=1), nn.GroupNorm(2, outputs), nn.LeakyReLU(0.1),
            nn.Conv2d(outputs, outputs, 3, padding=1, groups=2), nn.InstanceNorm2d(outputs), nn.Mish(),
        )

    def forward(self, x):
        a = self.down1(F.pad(x, (1, 1, 2, 2), mode="reflect"))
        b = self.down2(F.max_pool2d(a, 2))
        m = self.middle(F.avg_pool2d(b, 3, stride=2, padding=1, count_include_pad=False))
        up = self.out2(torch.cat((self.up2(m), b), 1))
        up = self.out1(torch.cat((self.shuffle(self.up1(up)), a), 1))
        large = F.interpolate(self.head(up), scale_factor=1.5, mode="bilinear", align_corners=False)
        return large, F.interpolate(x, size=(9, 7), mode="nearest"), F.interpolate(x, scale_factor=2.0, mode="bicubic")


def sampling(self, x):
    theta = torch.tensor([[[0.9, 0.1, 0.0], [-0.1, 1.1, 0.2]]]).expand(x.shape[0], -1, -1)
    grid = F.affine_grid(theta, [x.shape[0], 3, 6, 5], align_corners=False)
    columns = F.unfold(x, 3, padding=1, stride=2)
    return F.grid_sample(x, grid, align_corners=False), F.fold(columns, (8, 8), 3, padding=1, stride=2), F.pixel_unshuffle(x, 2)


# Indexing and reductions


def indexing(self, x, i):
    y = x.clone()
    y[:, 1:3] = 0.5
    y[0] += 1
    z = y.index_put((i,), torch.full((i.shape[0], x.shape[1]), 2.0), accumulate=True)
    g = torch.gather(x, 1, (i[:, None] * 2).expand(-1, 3) % x.shape[1])
    s = torch.zeros(6, x.shape[1]).scatter_add(0, i[:, None].expand(-1, x.shape[1]), x[: i.shape[0]])
    t = torch.zeros(4, 5).scatter(1, i[:4, None] % 5, 3.0)
    return y[i, -1], z, g, s, t, x.index_select(0, i), torch.take_along_dim(x[:5], i[:, None] % 5, 1), y[..., ::2].flip(-1), x.roll(2, 1)


def ordering(self, x):
    top, where = x.topk(3, dim=-1)
    ordered, order = torch.sort(x, dim=0, descending=True, stable=True)
    best, at = x.max(dim=1)
    return top, where, ordered, order, best, at, x.argmin(-1), x.cumsum(1), x.kthvalue(2, dim=1)[0], x.median(), torch.searchsorted(ordered[:, 0].flip(0).contiguous(), x[:, 1])


def reductions(self, x):
    return (
        x.var(1), x.std((0, 2), correction=0), x.norm(dim=-1), torch.linalg.vector_norm(x, 1, dim=1), x.prod(-1), x.logsumexp((0, 1)),
        (x > 0).any(1), (x > -3).all(), x.amin((1, 2)), torch.count_nonzero(x > 0), x.cumprod(-1), x.mean(), x.abs().sum(),
        torch.cdist(x, x), F.cosine_similarity(x, x.flip(0), dim=-1), F.normalize(x, dim=1), torch.histc(x, 4, -2.0, 2.0),
    )


def activations(self, x):
    return torch.stack([
        f(x) for f in (
            F.relu6, F.selu, F.celu, F.softsign, F.tanhshrink, F.hardtanh, F.hardsigmoid, F.logsigmoid, F.mish, F.softshrink, F.hardshrink,
            torch.erf, torch.sin, torch.cos, torch.atan, torch.exp, torch.expm1, torch.sign, torch.floor, torch.round, torch.frac, torch.trunc,
            F.silu, F.gelu, F.elu, F.softplus, torch.sigmoid, torch.tanh, torch.square, torch.neg, torch.abs, torch.reciprocal,
        )
    ])


def arithmetic(self, x, n):
    y = x.abs() + 0.5
    whole = torch.cat((n // 3, n % 4, n << 1, n & 6, n ^ 3, -n, ~n, n.clamp(-2, 2)))
    return (
        x / 3, 2 - x, x // 0.7, x % 1.5, torch.fmod(x, 0.9), y.sqrt(), y.rsqrt(), y.log(), y.log1p(), y.log2(), y**1.7, 2.0**x, torch.atan2(x, y),
        torch.hypot(x, y), torch.lerp(x, y, 0.3), torch.addcmul(x, x, y, value=0.5), torch.addcdiv(x, x, y), torch.where(x > 0, x, -1.0), whole,
        n / 2, n + 0.5, n.to(torch.uint8), x.to(torch.int32), n == 2, (x > 0) & (y < 1), torch.maximum(x, y), x.isnan(), x.clamp(min=-y, max=y),
        torch.floor_divide(n, 2), n.float().softmax(0), (x > 0).to(torch.float64), torch.bitwise_or(n, 1), x.ge(0).logical_not(), x.sigmoid().logit(),
    )


def factories(self, x):
    rows = x.shape[0]
    grid = torch.meshgrid(torch.arange(3.0), torch.linspace(0, 1, 4), indexing="ij")
    return (
        torch.ones(rows, 2) * x[:, :2], torch.full_like(x, 3.5), torch.eye(4), torch.arange(rows, 0, -1), torch.tril(x), torch.triu(x, 1),
        F.one_hot(torch.arange(rows) % 3, 4), torch.zeros_like(x, dtype=torch.int64), grid[0] + grid[1], torch.tensor([1.5, 2.5]) + x[0, :2],
        x.new_ones(2, rows), torch.diag(x[0]), torch.outer(x[0], x[1]), torch.kron(x[:1], x[1:2]), x.repeat(2, 1), x.repeat_interleave(2, dim=0),
        x.tile((1, 2)), torch.chunk(x, 2, 1)[1], torch.movedim(x[None], 0, 2), x.unflatten(1, (2, -1)), torch.broadcast_to(x[:1], (3, 6)),
        torch.tensor_split(x, 3, 1)[2], x.diagonal(), x.narrow(1, 1, 3), x.as_strided((2, 2), (2, 1), 1), x.unfold(1, 3, 2), torch.bucketize(x, torch.tensor([-1.0, 0.0, 1.0])),
    )


def products(self, a, b):
    return (
        a @ b, torch.bmm(a, b), torch.baddbmm(a @ b, a, b, alpha=0.5), torch.einsum("bij,bjk,bk->bi", a, b, b[:, 0]), a[0].mv(b[0, :, 0]),
        torch.addmm(a[0] @ b[0], a[0], b[0], beta=0.1), torch.dot(a[0, 0], b[0, :, 0]), torch.tensordot(a, b, dims=([2], [1])), torch.linalg.multi_dot((a[0], b[0], a[0])),
        F.bilinear(a[:, :, :4], a[:, :, 1:], self.weight), F.linear(a, self.matrix),
    )


# Control flow


class Branches(nn.Module):
    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Linear(5, 5), nn.Linear(5, 5)

    def forward(self, x):
        def positive(x):
            inner = torch.cond(x.max() > 1, lambda x: (x.sin(), x + 1), lambda x: (x.cos(), x - 1), (x,))
            return self.left(inner[0]), inner[1]

        def negative(x):
            return self.right(x), x * 2

        return torch.cond(x.sum() > 0, positive, negative, (x,))


class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.randn(4))

    def forward(self, xs, y):
        from functorch.experimental.control_flow import map as map_over

        def body(x, y):
            return x * self.scale + y, (x - y).sum()

        return map_over(body, xs, y)


class Loop(nn.Module):
    def forward(self, n, x):
        from torch._higher_order_ops.while_loop import while_loop

        return while_loop(lambda n, x: n > 0, lambda n, x: (n - 1, x * 1.5 + n), (n, x))


# Structured inputs and outputs


class Structured(nn.Module):
    def __init__(self):
        super().__init__()
        self.mix = nn.Linear(6, 6)

    def forward(self, pair, options, *, scale, mask=None):
        a, (b, c) = pair
        y = self.mix(a + b) * scale + options["bias"]
        y = y if mask is None else y.masked_fill(mask, 0.0)
        return {"sum": y + c, "parts": [y, {"last": options["more"][0] * 2}], "pair": (a, b.sum())}


def structured():
    def inputs(b):
        t = lambda: torch.randn(b, 6)
        return (((t(), (t(), t())), {"bias": t(), "more": [t()]}), {"scale": t(), "mask": torch.rand(b, 6) > 0.5})
    (first, words), (second, others) = inputs(3), inputs(4)
    sizes = {"pair": ({0: AUTO}, ({0: AUTO}, {0: AUTO})), "options": {"bias": {0: AUTO}, "more": [{0: AUTO}]}, "scale": {0: AUTO}, "mask": {0: AUTO}}
    return Program(Structured(), first, words, sizes, second, others)


class Constants(nn.Module):
    def forward(self, x, times, factor, y, mode="sum", skipped=None):
        y = torch.cat([x] * times, 1) * factor + (y if skipped is None else skipped)
        return (y.sum(1) if mode == "sum" else y), times, None, factor


class Counter(nn.Module):
    """Mutates buffers in forward: a count, a running mean, and a row of a ring."""

    def __init__(self):
        super().__init__()
        self.register_buffer("count", torch.zeros((), dtype=torch.int64))
        self.register_buffer("mean", torch.zeros(6))
        self.register_buffer("ring", torch.zeros(3, 6), persistent=False)

    def forward(self, x):
        self.count += 1
        self.mean.mul_(0.9).add_(x.mean(0), alpha=0.1)
        self.ring[1] = x[0]
        return (x - self.mean) / self.count, self.ring.sum(0)


class InPlace(nn.Module):
    def forward(self, x):
        y = torch.zeros_like(x)
        y[:, ::2] = x[:, ::2].exp()
        y.t().add_(1).clamp_(max=4.0)
        view = y.view(-1)
        view[:3].mul_(2).relu_()
        x.add_(1)
        return y, view.unsqueeze(0), x * 2


class Shared(nn.Module):
    """One layer under two names, a tensor constant, an output that is an input and one that is a parameter."""

    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)
        self.b = self.a
        self.table = torch.arange(4.0)

    def forward(self, x):
        return self.b(self.a(x)) + self.table, x, self.a.weight


# Precision and regions


class Autocast(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(12, 16), nn.Linear(16, 8)

    def forward(self, x):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            h = F.gelu(self.a(x))
            y = self.b(h)
        with torch.no_grad():
            scale = y.float().abs().mean()
        return y.float() / scale, h


class Mixed(nn.Module):
    def __init__(self, dtype):
        super().__init__()
        self.dtype = dtype
        self.conv, self.bn = nn.Conv2d(3, 8, 3, stride=2), nn.BatchNorm2d(8)
        self.norm, self.attention = nn.LayerNorm(8), nn.MultiheadAttention(8, 2, batch_first=True)
        self.head = nn.Linear(8, 5)

    def forward(self, x):
        x = F.relu(self.bn(self.conv(x.to(self.dtype)))).flatten(2).transpose(1, 2)
        x = self.norm(x)
        x = x + self.attention(x, x, x, need_weights=False)[0]
        return F.log_softmax(self.head(x.mean(1)), -1)


def precision(dtype):
    return lambda: batched(Mixed(dtype).to(dtype), lambda b: (torch.randn(b, 3, 11, 11),))


def quantised(self, x):
    scale = self.weight.abs().amax(1, keepdim=True) / 127
    whole = torch.round(self.weight / scale).clamp(-128, 127).to(torch.int8)
    return F.linear(x, whole.to(x.dtype) * scale), whole


def bags(self, ids, offsets):
    return self.sum(ids, offsets), self.mean(ids.view(2, -1)), self.table(ids)


def lengths(self, x):
    pad = (4 - x.shape[1] % 4) % 4
    y = F.pad(x, (0, pad))
    return y.view(x.shape[0], -1, 4).mean(-1), x.shape[1] * 2, torch.arange(x.shape[1]) + x.numel()


def losses(self, x, t):
    y = torch.sigmoid(x)
    return (
        F.cross_entropy(x, t), F.nll_loss(F.log_softmax(x, 1), t, reduction="sum"), F.mse_loss(x, y), F.l1_loss(x, y, reduction="none"),
        F.smooth_l1_loss(x, y), F.binary_cross_entropy(y, (x > 0).float()), F.binary_cross_entropy_with_logits(x, y), F.kl_div(F.log_softmax(x, 1), F.softmax(y, 1), reduction="batchmean"),
        F.huber_loss(x, y), F.cross_entropy(x, t, label_smoothing=0.1),
    )


def hand_made():
    r = torch.randn
    return {
        "gru": recurrent(lambda: nn.GRU(6, 8, num_layers=2, batch_first=True), 3, 7, 6),
        "gru_bidirectional": recurrent(lambda: nn.GRU(6, 8, bidirectional=True), 7, 3, 6),
        "lstm_deep": recurrent(lambda: nn.LSTM(6, 8, num_layers=3, bidirectional=True, batch_first=True, dropout=0.2), 3, 7, 6),
        "lstm_projected": recurrent(lambda: nn.LSTM(6, 8, proj_size=4, bias=False), 7, 3, 6),
        "rnn_relu": recurrent(lambda: nn.RNN(6, 8, nonlinearity="relu", num_layers=2), 7, 3, 6),
        "cells": lambda: Program(Cells(), (r(4, 3, 6),)),
        "encoder_layer": encoder_layer(batch_first=True), "encoder_layer_pre": encoder_layer(norm_first=True, activation="gelu"),
        "cross_attention": cross_attention, "transformer": whole_transformer,
        "alibi_attention": lambda: Program(Lambda(alibi, qkv=nn.Linear(8, 24)), (r(2, 6, 8),), None, ({0: AUTO, 1: AUTO},), (r(3, 9, 8),)),
        "conv_1d": conv_1d, "conv_3d": conv_3d,
        "unet": lambda: batched(UNet(), lambda b: (r(b, 3, 16, 14),)),
        "sampling": lambda: batched(Lambda(sampling), lambda b: (r(b, 4, 8, 8),), batch=2, other=3),
        "indexing": lambda: Program(Lambda(indexing), (r(6, 5), torch.tensor([1, 3, 3, 5, 0]))),
        "ordering": lambda: batched(Lambda(ordering), lambda b: (r(b, 9),)),
        "reductions": lambda: batched(Lambda(reductions), lambda b: (r(b, 4, 6),)),
        "activations": lambda: batched(Lambda(activations), lambda b: (r(b, 7) + 0.01,)),
        "arithmetic": lambda: Program(Lambda(arithmetic), (r(4, 5), torch.randint(-9, 9, (6,)))),
        "factories": lambda: Program(Lambda(factories), (r(6, 6),)),
        "products": lambda: Program(Lambda(products, weight=nn.Parameter(r(3, 4, 4)), matrix=nn.Parameter(r(2, 5))), (r(3, 4, 5), r(3, 5, 4))),
        "cond_nested": lambda: Program(Branches(), (r(3, 5),)), "map": lambda: Program(Scaled(), (r(5, 3, 4), r(4)), strict=True),
        "while_loop": lambda: Program(Loop(), (torch.tensor(4), r(3)), strict=True),
        "structured": structured,
        "constants": lambda: Program(Constants(), (r(3, 4), 2, 1.5, r(3, 1), "sum", None)),
        "mutated_buffers": lambda: batched(Counter(), lambda b: (r(b, 6),)), "in_place": lambda: Program(InPlace(), (r(4, 6),)),
        "shared": lambda: batched(Shared(), lambda b: (r(b, 4),)),
        "autocast": lambda: batched(Autocast(), lambda b: (r(b, 12),)),
        "half": precision(torch.float16), "bfloat16": precision(torch.bfloat16), "double": precision(torch.float64),
        "quantised": lambda: batched(Lambda(quantised, weight=nn.Parameter(r(6, 8))), lambda b: (r(b, 8),)),
        "embedding_bag": lambda: Program(
            Lambda(bags, sum=nn.EmbeddingBag(20, 6, mode="sum"), mean=nn.EmbeddingBag(20, 6), table=nn.Embedding(20, 6, padding_idx=4)),
            (torch.randint(0, 20, (10,)), torch.tensor([0, 3, 7])),
        ),
        "lengths": lambda: Program(Lambda(lengths), (r(2, 10),), None, ({0: AUTO, 1: AUTO},), (r(3, 15),)),
        "losses": lambda: Program(Lambda(losses), (r(5, 4), torch.tensor([0, 3, 1, 2, 1]))),
    }
