select *
from {rapport_cooperation}
where trimestre = %(trimestre)s and nombre is not null
