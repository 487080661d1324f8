select *
from {rapport_instances}
where trimestre = %(trimestre)s
order by array_position(%(niveaux_instance)s::text[], niveau)
